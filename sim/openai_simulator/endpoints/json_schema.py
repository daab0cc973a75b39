"""Generates a JSON value that fits a schema: known values where they fit, simple ones elsewhere.

It covers what OpenAI's structured outputs allow
(https://platform.openai.com/docs/guides/structured-outputs#supported-schemas).
"""

import re
from collections.abc import Mapping
from typing import Any

DEEPEST = 8
"""The depth at which a recursive schema ends, by null or an empty list if it allows that."""


class BadSchema(ValueError):
    """Structured outputs do not accept the schema; the text is OpenAI's."""


def value_for(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Any:
    """A value that the schema accepts, its properties taken from `known` by name where those fit."""
    return _Maker(schema, known).make(schema, None, 0)


def check_strict(name: str, schema: Any) -> None:
    """Refuse what OpenAI refuses in a strict schema.

    Raises:
        BadSchema: an object leaves `additionalProperties` open or a property optional.
    """
    for path, part in _parts(schema, ()):
        context = f"In context=({', '.join(repr(step) for step in path)}{',' if len(path) == 1 else ''})"
        if part.get("type") != "object" and "properties" not in part:
            continue
        if part.get("additionalProperties") is not False:
            problem = "'additionalProperties' is required to be supplied and to be false."
        elif set(part.get("required", ())) != set(part.get("properties", {})):
            problem = "'required' is required to be supplied and to be an array including every key in properties."
        else:
            continue
        raise BadSchema(f"Invalid schema for response_format '{name}': {context}, {problem}")


def _parts(schema: Any, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every schema within a schema, with its path."""
    if not isinstance(schema, dict):
        return []
    found = [(path, schema)]
    for group in ("properties", "$defs", "definitions"):
        for name, part in schema.get(group, {}).items():
            found += _parts(part, (*path, group, name))
    for number, part in enumerate(schema.get("anyOf", ())):
        found += _parts(part, (*path, "anyOf", str(number)))
    return found + _parts(schema.get("items"), (*path, "items"))


class _Maker:
    def __init__(self, root: Mapping[str, Any], known: Mapping[str, Any]) -> None:
        self._root, self._known = root, known

    def make(self, schema: Mapping[str, Any], name: str | None, depth: int) -> Any:
        schema = self._resolved(schema)
        if name is not None and name in self._known and self.fits(schema, self._known[name]):
            return self._known[name]
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        if "anyOf" in schema:
            return self.make(self._branch(schema["anyOf"], depth), name, depth + 1)
        return self._plain(schema, self._type(schema, depth), name, depth)

    def fits(self, schema: Mapping[str, Any], value: Any) -> bool:
        """Whether a known value fits here; objects are always generated, never taken."""
        schema = self._resolved(schema)
        if "anyOf" in schema:
            return any(self.fits(part, value) for part in schema["anyOf"])
        if "const" in schema or "enum" in schema:
            return value in schema.get("enum", [schema.get("const")])
        types = schema.get("type", "string")
        types = types if isinstance(types, list) else [types]
        if isinstance(value, str):
            return "string" in types and _text_fits(schema, value)
        return isinstance(value, list) and "array" in types and self._list_fits(schema, value)

    def _list_fits(self, schema: Mapping[str, Any], value: list[Any]) -> bool:
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            return False
        return all(self.fits(schema.get("items", {}), item) for item in value)

    def _plain(self, schema: Mapping[str, Any], kind: str, name: str | None, depth: int) -> Any:
        match kind:
            case "object":
                properties = schema.get("properties", {})
                return {key: self.make(part, key, depth + 1) for key, part in properties.items()}
            case "array":
                return [self.make(schema.get("items", {}), name, depth + 1) for _ in range(schema.get("minItems", 0))]
            case "integer" | "number":
                return _plain_number(schema, whole=kind == "integer")
            case "boolean":
                return False
            case "null":
                return None
            case _:
                return _plain_text(schema, name)

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            found: Any = self._root
            for step in schema["$ref"].removeprefix("#").strip("/").split("/"):
                found = found[step] if step else found
            schema = found
        return schema

    def _branch(self, branches: list[Mapping[str, Any]], depth: int) -> Mapping[str, Any]:
        """The first branch, but at the maximum depth the one that does not recurse."""
        if depth < DEEPEST:
            return branches[0]
        return next((part for part in branches if self._resolved(part).get("type") == "null"), branches[-1])

    def _type(self, schema: Mapping[str, Any], depth: int) -> str:
        types = schema.get("type", "object" if "properties" in schema else "string")
        if isinstance(types, str):
            return types
        return "null" if depth >= DEEPEST and "null" in types else str(types[0])


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


def _text_fits(schema: Mapping[str, Any], value: str) -> bool:
    if "format" in schema:
        return False
    if "pattern" in schema and re.search(schema["pattern"], value) is None:
        return False
    return bool(schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)))


def _plain_text(schema: Mapping[str, Any], name: str | None) -> str:
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    text = (name or "text").ljust(schema.get("minLength", 0), ".")
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
