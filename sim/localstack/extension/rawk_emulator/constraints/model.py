"""What a value violates of the lengths, ranges, patterns and sets of values in a service's model.

The models are AWS's, as its SDKs carry them. The words are those of AWS's answers. No part of LocalStack is needed.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

Shape = Any
"""A shape of botocore's model."""

NOT_JUDGED = re.compile(r"(token|marker)$", re.IGNORECASE)
"""Members whose values the emulator gave out in another form than AWS's."""


def violations(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    """Every violation in a value, one sentence each."""
    if shape.type_name == "structure" and isinstance(value, Mapping):
        yield from _of_structure(shape, value, path)
    elif shape.type_name == "list" and isinstance(value, list):
        yield from _of_size(shape, value, len(value), path, "length")
        for number, each in enumerate(value, 1):
            yield from violations(shape.member, each, f"{path}.{number}.member")
    elif shape.type_name == "string" and isinstance(value, str):
        yield from _of_text(shape, value, path)
    elif shape.type_name in ("integer", "long") and isinstance(value, int):
        yield from _of_size(shape, value, value, path, "value")


def _of_structure(shape: Shape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name, member in shape.members.items():
        here = f"{path}.{_lowered(name)}" if path else _lowered(name)
        given = value.get(name)
        if given is None:
            if name in shape.required_members:
                yield f"Value null at '{here}' failed to satisfy constraint: Member must not be null"
        elif not NOT_JUDGED.search(name):
            yield from violations(member, given, here)


def _of_text(shape: Shape, value: str, path: str) -> Iterator[str]:
    yield from _of_size(shape, value, len(value), path, "length")
    if shape.enum and value not in shape.enum:
        yield _sentence(value, path, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    written = shape.metadata.get("pattern")
    pattern = _compiled(written) if written else None
    if pattern is not None and not pattern.fullmatch(value):
        yield _sentence(value, path, f"Member must satisfy regular expression pattern: {written}")


def _of_size(shape: Shape, value: Any, size: int, path: str, what: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield _sentence(value, path, f"Member must have {what} greater than or equal to {least}")
    if most is not None and size > most:
        yield _sentence(value, path, f"Member must have {what} less than or equal to {most}")


def _sentence(value: Any, path: str, constraint: str) -> str:
    return f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"


def _lowered(name: str) -> str:
    return name[:1].lower() + name[1:]


@cache
def _compiled(written: str) -> re.Pattern[str] | None:
    """The pattern in Python's notation; None where it cannot be translated, and nothing is refused by it.

    Patterns are Java's, whose `\\w`, `\\d` and `\\s` are of ASCII.
    """
    if "\\p{" in written:
        return None
    try:
        return re.compile(written, re.DOTALL | re.ASCII)
    except re.error:
        return None
