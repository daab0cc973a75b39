"""What a value violates of the lengths, ranges, patterns and sets of values in a service's model.

The models are AWS's, as its SDKs carry them. The words are those of AWS's answers. No part of LocalStack is needed.
"""

import re
import sys
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from typing import Any

Shape = Any
"""A shape of botocore's model."""

NOT_JUDGED = re.compile(r"(token|marker)$", re.IGNORECASE)
"""Members whose values the emulator gave out in another form than AWS's."""


@dataclass(frozen=True)
class Rules:
    """How a service is held to its model, and what its answers say."""

    quotes_values: bool = True
    not_judged: frozenset[str] = frozenset()
    """Members that the emulator checks by itself."""
    members_not_judged: frozenset[str] = frozenset()
    """Lists and maps of which it checks the members by itself, and not their number."""
    maxima: Mapping[str, int] = field(default_factory=dict)
    """Limits that the model does not have."""
    most_quoted: int | None = None
    """How many characters of a value an answer has."""


USUAL = Rules()


def violations(shape: Shape, value: Any, rules: Rules = USUAL) -> Iterator[str]:
    """Every violation in a value, one sentence each."""
    return _Sentences(rules).of(shape, value, "")


@dataclass(frozen=True)
class _Sentences:
    """The sentences of one service."""

    rules: Rules

    def of(self, shape: Shape, value: Any, path: str, maximum: int | None = None) -> Iterator[str]:
        for constraint, holds in self._constraints(shape, value, maximum):
            if not holds:
                yield self._sentence(shape, value, path, constraint)
        if shape.type_name == "structure" and isinstance(value, Mapping):
            yield from self._of_structure(shape, value, path)
        elif shape.type_name == "list" and isinstance(value, list):
            yield from self._of_list(shape, value, path)
        elif shape.type_name == "map" and isinstance(value, Mapping):
            for what, member, each in (("keys", shape.key, value.keys()), ("value", shape.value, value.values())):
                yield from self._of_members(shape, value, path, member, each, f"Map {what}")

    def _of_structure(self, shape: Shape, value: Mapping[str, Any], path: str) -> Iterator[str]:
        for name, member in shape.members.items():
            here = f"{path}.{_lowered(name)}" if path else _lowered(name)
            given = value.get(name)
            if name in self.rules.not_judged:
                continue
            if given is None:
                if name in shape.required_members:
                    null = " null" if self.rules.quotes_values else ""
                    yield f"Value{null} at '{here}' failed to satisfy constraint: Member must not be null"
            elif name in self.rules.members_not_judged:
                yield from (
                    self._sentence(member, given, here, constraint)
                    for constraint, holds in self._constraints(member, given)
                    if not holds
                )
            elif not NOT_JUDGED.search(name):
                yield from self.of(member, given, here, self.rules.maxima.get(name))

    def _of_list(self, shape: Shape, value: list[Any], path: str) -> Iterator[str]:
        """Structures are named one by one, as recorded on AWS; other members together."""
        if shape.member.type_name in ("structure", "list", "map"):
            for number, each in enumerate(value, 1):
                yield from self.of(shape.member, each, f"{path}.{number}.member")
        else:
            yield from self._of_members(shape, value, path, shape.member, value, "Member")

    def _of_members(
        self, shape: Shape, value: Any, path: str, member: Shape, given: Iterable[Any], what: str
    ) -> Iterator[str]:
        if all(holds for each in given for _, holds in self._constraints(member, each)):
            return
        # The order is that of recorded answers.
        texts = [constraint for constraint, _ in reversed(list(self._constraints(member, "")))]
        yield self._sentence(
            shape, value, path, f"{what} must satisfy constraint: [{', '.join([*texts, 'Member must not be null'])}]"
        )

    def _constraints(self, shape: Shape, value: Any, maximum: int | None = None) -> Iterator[tuple[str, bool]]:
        """The constraints of a shape, and whether the value satisfies each."""
        if shape.type_name == "string" and shape.enum:
            values = f": [{', '.join(shape.enum)}]" if self.rules.quotes_values else ""
            yield f"Member must satisfy enum value set{values}", value in shape.enum
        written = shape.metadata.get("pattern") if shape.type_name == "string" else None
        if written and (pattern := _compiled(written)):
            holds = not isinstance(value, str) or bool(pattern.fullmatch(value))
            yield f"Member must satisfy regular expression pattern: {written}", holds
        size, what = _size_of(shape, value)
        least, most = shape.metadata.get("min"), shape.metadata.get("max") if maximum is None else maximum
        if least is not None and what:
            yield f"Member must have {what} greater than or equal to {least}", size is None or size >= least
        if most is not None and what:
            yield f"Member must have {what} less than or equal to {most}", size is None or size <= most

    def _sentence(self, shape: Shape, value: Any, path: str, constraint: str) -> str:
        """A value that the model marks as sensitive is in no answer."""
        is_quoted = self.rules.quotes_values and not shape.metadata.get("sensitive")
        quoted = f" '{_as_java(shape, value)[: self.rules.most_quoted]}'" if is_quoted else ""
        return f"Value{quoted} at '{path}' failed to satisfy constraint: {constraint}"


def _size_of(shape: Shape, value: Any) -> tuple[float | None, str]:
    """What the bounds of a shape are about, and how it is measured; None for a value of another type."""
    if shape.type_name in ("integer", "long", "float", "double"):
        return (value if isinstance(value, int | float) else None), "value"
    if shape.type_name in ("string", "list", "map"):
        return (len(value) if isinstance(value, str | list | Mapping) else None), "length"
    return None, ""


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

    Patterns are Java's, whose `\\w`, `\\d` and `\\s` are of ASCII, and whose `\\p{L}` is a category of Unicode.
    """
    try:
        return re.compile(_CATEGORY.sub(lambda found: _characters_of(found[1]), written), re.DOTALL | re.ASCII)
    except re.error:
        return None


_CATEGORY = re.compile(r"\\p\{(\w+)\}")


@cache
def _characters_of(category: str) -> str:
    """The ranges of a category's characters, for a class of a pattern. One letter stands for several categories."""
    ranges: list[tuple[int, int]] = []
    with _reading_categories:
        runs = _runs_of_categories()
    for name, begin, end in runs:
        if name.startswith(category):
            follows = ranges and ranges[-1][1] == begin - 1
            ranges.append((ranges.pop()[0] if follows else begin, end))
    return "".join(f"\\U{begin:08x}-\\U{end:08x}" for begin, end in ranges)


@cache
def _runs_of_categories() -> list[tuple[str, int, int]]:
    """Characters of one category that follow each other: their category, the first code and the last one."""
    runs, begin = [], 0
    for name, characters in groupby(map(unicodedata.category, map(chr, range(sys.maxunicode + 1)))):
        end = begin + len(list(characters))
        runs.append((name, begin, end - 1))
        begin = end
    return runs


_reading_categories = threading.Lock()
"""Else each of the calls that make a world's first pipeline at once would read the categories of a million characters.
"""
