"""The schemas that structured outputs accept, and OpenAI's words for every other.

https://platform.openai.com/docs/guides/structured-outputs#supported-schemas; the sentences are those that users quote.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

MOST_LEVELS = 10
MOST_PROPERTIES = 5_000
MOST_ENUM_VALUES = 1_000
TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
FORMATS = ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")
DEFINITIONS = ("$defs", "definitions")
GROUPS = ("properties", *DEFINITIONS)
LISTS = ("anyOf", "allOf", "oneOf")
NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
LENGTHS = ("minLength", "maxLength", "minItems", "maxItems")
NOTES = ("title", "description", "$schema", "$id", "$comment")
KEYWORDS = ("type", "required", "additionalProperties", "items", "enum", "const", "$ref", "pattern", "format")
PERMITTED = frozenset({*GROUPS, *NUMBERS, *LENGTHS, *NOTES, *KEYWORDS, "anyOf"})
Path = tuple[str, ...]


class BadSchema(ValueError):
    """OpenAI does not accept the schema; the text is OpenAI's, behind `Invalid schema for …: `."""


def check_schema(schema: Mapping[str, Any], *, strict: bool) -> None:
    """Refuse a schema that is none, and of a strict one what structured outputs do not take.

    Raises:
        BadSchema: with the place in the schema.
    """
    parts = list(_parts(schema, ()))
    for path, part in parts:
        _check_shape(path, part, schema)
    if strict:
        _check_root(schema)
        for path, part in parts:
            _check_part(path, part)
        _check_size(parts)


def _parts(schema: Any, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every schema within a schema, with its path."""
    if isinstance(schema, bool) and path:
        return
    if not isinstance(schema, dict):
        raise BadSchema(f"{_in(path)}{schema!r} is not of type 'object', 'boolean'.")
    if len(path) > 2 * MOST_LEVELS + 2 * len(GROUPS):
        raise BadSchema(f"{_in(path)}the schema has more than {MOST_LEVELS} levels of nesting.")
    yield path, schema
    for group in GROUPS:
        for name, part in _dict(schema, group, path).items():
            yield from _parts(part, (*path, group, name))
    for group in LISTS:
        for number, part in enumerate(_list(schema, group, path)):
            yield from _parts(part, (*path, group, str(number)))
    for name in ("items", "not"):
        if name in schema:
            yield from _parts(schema[name], (*path, name))


def _dict(schema: Mapping[str, Any], name: str, path: Path) -> dict[str, Any]:
    found = schema.get(name, {})
    if not isinstance(found, dict):
        raise BadSchema(f"{_in(path)}{found!r} is not of type 'object'.")
    return found


def _list(schema: Mapping[str, Any], name: str, path: Path) -> list[Any]:
    found = schema.get(name, [None])
    if not isinstance(found, list) or not found:
        raise BadSchema(f"{_in(path)}{found!r} is not a non-empty array, as '{name}' has to be.")
    return found if name in schema else []


def _check_shape(path: Path, part: Mapping[str, Any], root: Mapping[str, Any]) -> None:
    """Refuse what is no JSON Schema at all."""
    types = part.get("type", "string")
    for each in types if isinstance(types, list) and types else [types]:
        if each not in TYPES:
            raise BadSchema(f"{_in(path)}{each!r} is not valid under any of the given schemas.")
    _list(part, "enum", path)
    if not _texts(part.get("required", [])):
        raise BadSchema(f"{_in(path)}'required' is not an array of strings.")
    for name in (*NUMBERS, *LENGTHS):
        _check_number(path, name, part.get(name, 1))
    for name in ("$ref", "pattern", "format", *NOTES):
        if not isinstance(part.get(name, ""), str):
            raise BadSchema(f"{_in(path)}{part[name]!r} is not of type 'string'.")
    if "$ref" in part and resolve(part["$ref"], root) is None:
        where = "can only point to definitions defined at the top level of the schema."
        raise BadSchema(f"{_in(path)}reference {part['$ref']!r} {where}")
    try:
        re.compile(part.get("pattern", ""))
    except re.error as error:
        raise BadSchema(f"{_in(path)}{part['pattern']!r} is not a 'regex'.") from error


def _check_number(path: Path, name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int if name in LENGTHS else int | float):
        raise BadSchema(f"{_in(path)}{value!r} is not of type '{'integer' if name in LENGTHS else 'number'}'.")
    if (value < 0 and name in LENGTHS) or (value <= 0 and name == "multipleOf"):
        raise BadSchema(f"{_in(path)}{value!r} is less than the minimum of '{name}'.")


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def resolve(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The schema that a reference points to, through other references; None when there is none."""
    for _ in range(MOST_LEVELS):
        group, _, name = reference.removeprefix("#/").partition("/")
        found = root if reference == "#" else root.get(group, {}).get(name) if group in DEFINITIONS else None
        if not isinstance(found, dict) or "$ref" not in found:
            return found if isinstance(found, dict) else None
        reference = str(found["$ref"])
    return None


def _check_root(schema: Mapping[str, Any]) -> None:
    if "anyOf" in schema:
        raise BadSchema(
            "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level."
        )
    if schema.get("type") != "object" and "$ref" not in schema:
        raise BadSchema(f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{schema.get('type')}\"'.")


def _check_part(path: Path, part: Mapping[str, Any]) -> None:
    """Refuse what a strict schema must not leave open."""
    if "$ref" in part:
        beside = sorted(set(part) - {"$ref", *GROUPS})
        if beside:
            raise BadSchema(f"{_in(path)}$ref cannot have keywords {{{', '.join(map(repr, beside))}}}.")
        return
    for name in part:
        if name not in PERMITTED:
            raise BadSchema(f"{_in(path)}'{name}' is not permitted.")
    if not {"type", "anyOf", "enum", "const"} & set(part):
        raise BadSchema(f"{_in(path)}schema must have a 'type' key.")
    if part.get("format", FORMATS[0]) not in FORMATS:
        raise BadSchema(f"{_in(path)}'{part['format']}' is not a valid format.")
    types = part.get("type", [])
    if "array" in (types if isinstance(types, list) else [types]) and "items" not in part:
        raise BadSchema(f"{_in(path)}array schema missing items.")
    if "object" in (types if isinstance(types, list) else [types]) or "properties" in part:
        _check_object(path, part)


def _check_object(path: Path, part: Mapping[str, Any]) -> None:
    if part.get("additionalProperties") is not False:
        raise BadSchema(f"{_in(path)}'additionalProperties' is required to be supplied and to be false.")
    properties, required = list(part.get("properties", {})), part.get("required", [])
    wanted = f"{_in(path)}'required' is required to be supplied and to be an array including every key in properties."
    for name in properties:
        if name not in required:
            raise BadSchema(f"{wanted} Missing '{name}'.")
    for name in required:
        if name not in properties:
            raise BadSchema(f"{wanted} Extra required key '{name}' supplied.")


def _check_size(parts: list[tuple[Path, Mapping[str, Any]]]) -> None:
    if sum(len(part.get("properties", {})) for _, part in parts) > MOST_PROPERTIES:
        raise BadSchema(f"the schema has more than {MOST_PROPERTIES} properties.")
    if sum(len(part.get("enum", [])) for _, part in parts) > MOST_ENUM_VALUES:
        raise BadSchema(f"the schema has more than {MOST_ENUM_VALUES} enum values.")
    for path, _ in parts:
        if sum(step in ("properties", "items") for step in path) > MOST_LEVELS:
            raise BadSchema(f"{_in(path)}the schema has more than {MOST_LEVELS} levels of nesting.")


def _in(path: Path) -> str:
    """The place, as OpenAI writes it: a Python tuple."""
    return f"In context={path!r}, "
