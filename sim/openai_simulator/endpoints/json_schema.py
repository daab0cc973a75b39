"""Generates a JSON value that fits a schema: known values where they fit, simple ones elsewhere.

A value that does not fit is never returned: what the simulator cannot generate, it refuses.
"""

import re
from collections.abc import Mapping
from math import isclose
from typing import Any

from sim.openai_simulator.endpoints.schema_rules import GROUPS, KEYWORDS, LENGTHS, LISTS, NOTES, NUMBERS, resolve

DEEPEST = 8
"""The depth at which a recursive schema ends, by null or an empty list if it allows that."""
MOST_VALUES = 10_000
LONGEST_TEXT = 10_000
KNOWN_KEYWORDS = frozenset(
    {*GROUPS, *LISTS, *NUMBERS, *LENGTHS, *NOTES, *KEYWORDS, "not", "default", "examples", "deprecated"}
)

FORMATS = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "00:00:00Z",
    "duration": "PT1M",
    "email": "nobody@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


class CannotGenerate(ValueError):
    """The simulator has no value for this schema; the text says what stands in the way."""


def value_for(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Any:
    """A value that the schema accepts, its properties taken from `known` by name where those fit.

    Raises:
        CannotGenerate: the schema, which has passed `check_schema`, asks for more than simple values.
    """
    try:
        value = _Maker(schema, known).make(schema, None, 0)
        if conforms(schema, value, schema):
            return value
    except OverflowError as error:
        raise CannotGenerate("it has a number that no float can hold") from error
    raise CannotGenerate("no simple value fits it")


def conforms(schema: Any, value: Any, root: Mapping[str, Any]) -> bool:
    """Whether a value is valid for a schema."""
    if isinstance(schema, bool):
        return schema
    schema = _resolved(schema, root)
    return (
        _has_type(schema, value)
        and ("const" not in schema or _same(value, schema["const"]))
        and ("enum" not in schema or any(_same(value, each) for each in schema["enum"]))
        and ("anyOf" not in schema or any(conforms(part, value, root) for part in schema["anyOf"]))
        and all(conforms(part, value, root) for part in schema.get("allOf", []))
        and ("oneOf" not in schema or sum(conforms(part, value, root) for part in schema["oneOf"]) == 1)
        and ("not" not in schema or not conforms(schema["not"], value, root))
        and _fits(schema, value, root)
    )


def _fits(schema: Mapping[str, Any], value: Any, root: Mapping[str, Any]) -> bool:
    """Whether a value keeps to the keywords of its own type."""
    match value:
        case str():
            return _text_fits(schema, value)
        case list():
            items = schema.get("items", True)
            least, most = schema.get("minItems", 0), schema.get("maxItems", len(value))
            return least <= len(value) <= most and all(conforms(items, each, root) for each in value)
        case dict():
            return _object_fits(schema, value, root)
        case int() | float() if not isinstance(value, bool):
            return _number_fits(schema, value)
    return True


def _same(value: Any, other: Any) -> bool:
    return type(value) is type(other) and bool(value == other)


def _has_type(schema: Mapping[str, Any], value: Any) -> bool:
    names = {str: {"string"}, bool: {"boolean"}, int: {"integer", "number"}, float: {"number"}, list: {"array"}}
    found = {"null"} if value is None else names.get(type(value), {"object"})
    return "type" not in schema or bool(found & set(_types(schema)))


def _object_fits(schema: Mapping[str, Any], value: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    properties, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
    if not set(schema.get("required", [])) <= set(value):
        return False
    return all(conforms(properties.get(name, rest), each, root) for name, each in value.items())


def _text_fits(schema: Mapping[str, Any], value: str) -> bool:
    if "format" in schema and value != FORMATS.get(schema["format"]):
        return False
    if "pattern" in schema and re.search(schema["pattern"], value) is None:
        return False
    return bool(schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)))


def _number_fits(schema: Mapping[str, Any], value: float) -> bool:
    multiple = schema.get("multipleOf")
    if multiple and not isclose(value / multiple, round(value / multiple), abs_tol=1e-9):
        return False
    above = value >= schema.get("minimum", value) and (
        "exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"]
    )
    below = value <= schema.get("maximum", value) and (
        "exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"]
    )
    return above and below


def _types(schema: Mapping[str, Any]) -> list[str]:
    types = schema.get("type", "object" if "properties" in schema else "string")
    return types if isinstance(types, list) else [types]


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    found = resolve(schema["$ref"], root) if "$ref" in schema else schema
    if found is None:
        raise CannotGenerate(f"'{schema['$ref']}' points nowhere")
    for name in found:
        if name not in KNOWN_KEYWORDS:
            raise CannotGenerate(f"it has the keyword '{name}'")
    return found


class _Maker:
    def __init__(self, root: Mapping[str, Any], known: Mapping[str, Any]) -> None:
        self._root, self._known = root, known
        self._made = 0

    def make(self, schema: Any, name: str | None, depth: int) -> Any:
        self._made += 1
        if self._made > MOST_VALUES or depth > 4 * DEEPEST:
            raise CannotGenerate("its values have no end")
        if isinstance(schema, bool):
            return None
        schema = _resolved(schema, self._root)
        if name is not None and name in self._known and conforms(schema, self._known[name], self._root):
            return self._known[name]
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        for group in ("anyOf", "oneOf"):
            if group in schema:
                return self.make(self._branch(schema[group], depth), name, depth + 1)
        return self._plain(schema, self._type(schema, depth), name, depth)

    def _plain(self, schema: Mapping[str, Any], kind: str, name: str | None, depth: int) -> Any:
        match kind:
            case "object":
                properties = schema.get("properties", {})
                return {key: self.make(part, key, depth + 1) for key, part in properties.items()}
            case "array":
                return self._plain_list(schema, name, depth)
            case "integer" | "number":
                return _plain_number(schema, whole=kind == "integer")
            case "boolean":
                return False
            case "null":
                return None
            case _:
                return _plain_text(schema, name)

    def _plain_list(self, schema: Mapping[str, Any], name: str | None, depth: int) -> list[Any]:
        length = schema.get("minItems", 0)
        if length > MOST_VALUES:
            raise CannotGenerate("its values have no end")
        return [self.make(schema.get("items", {}), name, depth + 1) for _ in range(length)]

    def _branch(self, branches: list[Mapping[str, Any]], depth: int) -> Mapping[str, Any]:
        """The first branch, but at the maximum depth the one that does not recurse."""
        if depth < DEEPEST:
            return branches[0]
        schemas = [part for part in branches if isinstance(part, dict)]
        return next((part for part in schemas if _resolved(part, self._root).get("type") == "null"), branches[-1])

    def _type(self, schema: Mapping[str, Any], depth: int) -> str:
        types = _types(schema)
        return "null" if depth >= DEEPEST and "null" in types else str(types[0])


def _plain_text(schema: Mapping[str, Any], name: str | None) -> str:
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    least = schema.get("minLength", 0)
    if least > LONGEST_TEXT:
        raise CannotGenerate("its texts are too long")
    text = (name or "text").ljust(least, ".")
    return text[: schema.get("maxLength", len(text))]


def _plain_number(schema: Mapping[str, Any], *, whole: bool) -> float:
    """The number nearest to zero within the limits."""
    step = 1 if whole else 1e-6
    low = max(schema.get("minimum", -1e9), schema.get("exclusiveMinimum", -1e9) + step)
    high = min(schema.get("maximum", 1e9), schema.get("exclusiveMaximum", 1e9) - step)
    nearest = min(max(0, low), high)
    multiple = schema.get("multipleOf")
    if multiple:
        nearest = -(-nearest // multiple) * multiple
    return int(nearest) if whole else float(nearest)
