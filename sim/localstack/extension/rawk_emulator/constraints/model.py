"""What a value violates of the lengths, ranges, patterns and sets of values in a service's model.

The models are AWS's, as its SDKs carry them. The words are those of AWS's answers. No part of LocalStack is needed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

Shape = Any
"""A shape of botocore's model."""

NOT_JUDGED = re.compile(r"(token|marker)$", re.IGNORECASE)
"""Members whose values the emulator gave out in another form than AWS's."""


def violations(shape: Shape, value: Any, *, quotes_values: bool = True) -> Iterator[str]:
    """Every violation in a value, one sentence each. `quotes_values`: whether the service's answers say values."""
    return _Sentences(quotes_values).of(shape, value, "")


@dataclass(frozen=True)
class _Sentences:
    """The sentences of one service."""

    quotes_values: bool

    def of(self, shape: Shape, value: Any, path: str) -> Iterator[str]:
        if shape.type_name == "structure" and isinstance(value, Mapping):
            yield from self._of_structure(shape, value, path)
        elif shape.type_name == "list" and isinstance(value, list):
            yield from self._of_size(shape, value, len(value), path, "length")
            for number, each in enumerate(value, 1):
                yield from self.of(shape.member, each, f"{path}.{number}.member")
        elif shape.type_name == "string" and isinstance(value, str):
            yield from self._of_text(shape, value, path)
        elif shape.type_name in ("integer", "long") and isinstance(value, int):
            yield from self._of_size(shape, value, value, path, "value")

    def _of_structure(self, shape: Shape, value: Mapping[str, Any], path: str) -> Iterator[str]:
        for name, member in shape.members.items():
            here = f"{path}.{_lowered(name)}" if path else _lowered(name)
            given = value.get(name)
            if given is None:
                if name in shape.required_members:
                    null = " null" if self.quotes_values else ""
                    yield f"Value{null} at '{here}' failed to satisfy constraint: Member must not be null"
            elif not NOT_JUDGED.search(name):
                yield from self.of(member, given, here)

    def _of_text(self, shape: Shape, value: str, path: str) -> Iterator[str]:
        if shape.enum and value not in shape.enum:
            values = f": [{', '.join(shape.enum)}]" if self.quotes_values else ""
            yield self._sentence(shape, value, path, f"Member must satisfy enum value set{values}")
        written = shape.metadata.get("pattern")
        pattern = _compiled(written) if written else None
        if pattern is not None and not pattern.fullmatch(value):
            yield self._sentence(shape, value, path, f"Member must satisfy regular expression pattern: {written}")
        yield from self._of_size(shape, value, len(value), path, "length")

    def _of_size(self, shape: Shape, value: Any, size: int, path: str, what: str) -> Iterator[str]:
        least, most = shape.metadata.get("min"), shape.metadata.get("max")
        if least is not None and size < least:
            yield self._sentence(shape, value, path, f"Member must have {what} greater than or equal to {least}")
        if most is not None and size > most:
            yield self._sentence(shape, value, path, f"Member must have {what} less than or equal to {most}")

    def _sentence(self, shape: Shape, value: Any, path: str, constraint: str) -> str:
        """A value that the model marks as sensitive is in no answer."""
        is_quoted = self.quotes_values and not shape.metadata.get("sensitive")
        quoted = f" '{_as_java(shape, value)}'" if is_quoted else ""
        return f"Value{quoted} at '{path}' failed to satisfy constraint: {constraint}"


MEMBERS_OF_AWS = {"PutEventsRequestEntry": ("kmsKeyIdentifier", "internalMetadata")}
"""Members that the services' own models have, and those of the SDKs have not."""


def _as_java(shape: Shape, value: Any) -> str:
    """A value as AWS's services, which run Java, write it in an answer."""
    if value is None:
        return "null"
    if shape.type_name == "structure" and isinstance(value, Mapping):
        members = {_lowered(name): _as_java(member, value.get(name)) for name, member in shape.members.items()}
        members.update(dict.fromkeys(MEMBERS_OF_AWS.get(shape.name, ()), "null"))
        return f"{shape.name}({', '.join(f'{name}={text}' for name, text in members.items())})"
    if shape.type_name == "list" and isinstance(value, list):
        return f"[{', '.join(_as_java(shape.member, each) for each in value)}]"
    if shape.type_name == "map" and isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={_as_java(shape.value, each)}" for key, each in value.items()) + "}"
    return "*** Sensitive Data Redacted ***" if shape.metadata.get("sensitive") else str(value)


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
