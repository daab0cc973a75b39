"""Kinds of parameters: each checks a value, and refuses a wrong one in OpenAI's words, by the parameter's path.

The words are those that users quote in public issues: github.com/open-webui/open-webui/issues/14520 (unknown, chat),
github.com/1jehuang/jcode/issues/1028 (unknown, nested), github.com/james-6-23/codex2api/issues/330 (type),
github.com/openai/openai-dotnet/issues/317 (long array), github.com/danny-avila/LibreChat/issues/10408 (empty array),
github.com/VectorlyApp/bluebox/issues/31 (long string).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Protocol

from sim.openai_simulator import errors
from sim.openai_simulator.errors import Refusal

ARTICLES = {
    "null": "null",
    "boolean": "a boolean",
    "integer": "an integer",
    "decimal": "a decimal",
    "string": "a string",
    "array": "an array",
    "object": "an object",
}


class Kind(Protocol):
    """What a parameter may be."""

    @property
    def wanted(self) -> str:
        """In OpenAI's words, without an article."""
        ...

    @property
    def types(self) -> frozenset[str]:
        """The JSON types that it accepts."""
        ...

    def check(self, path: str, value: Any) -> None:
        """Raises Refusal: the value is not of this kind."""
        ...


def type_of(value: Any) -> str:
    """The JSON type of a value, as OpenAI's messages name it."""
    if value is None:
        return "null"
    names = {bool: "boolean", int: "integer", float: "decimal", str: "string", list: "array", dict: "object"}
    return names[type(value)]


def wrong_type(path: str, wanted: str, value: Any) -> Refusal:
    found = ARTICLES[type_of(value)]
    message = f"Invalid type for '{path}': expected {wanted}, but got {found} instead."
    return Refusal(errors.invalid(message, "invalid_type", path))


def wrong_value(path: str, value: str, supported: Sequence[str]) -> Refusal:
    message = f"Invalid value: '{value}'. Supported values are: {listed(supported)}."
    return Refusal(errors.invalid(message, "invalid_value", path))


def not_offered(path: str) -> Refusal:
    """The simulator's own refusal of what OpenAI would accept: a call is never answered as if it had not asked."""
    return Refusal(errors.invalid(f"The simulator does not support '{path}'.", "unsupported_parameter", path))


def listed(values: Sequence[str]) -> str:
    """`'a', 'b', and 'c'`, as OpenAI writes a list."""
    quoted = [f"'{value}'" for value in values]
    if len(quoted) < 3:
        return " and ".join(quoted)
    return f"{', '.join(quoted[:-1])}, and {quoted[-1]}"


@dataclass(frozen=True)
class Boolean:
    wanted = "boolean"
    types = frozenset({"boolean"})

    def check(self, path: str, value: Any) -> None:
        if type_of(value) not in self.types:
            raise wrong_type(path, "a boolean", value)


@dataclass(frozen=True)
class Number:
    """An integer, or a decimal, within limits."""

    least: float | None = None
    most: float | None = None
    whole: bool = False

    @property
    def wanted(self) -> str:
        return "integer" if self.whole else "decimal"

    @property
    def types(self) -> frozenset[str]:
        return frozenset({"integer"}) if self.whole else frozenset({"integer", "decimal"})

    def check(self, path: str, value: Any) -> None:
        # Only a float is asked: `isfinite` fails on an integer that no float can hold.
        if type_of(value) not in self.types or (isinstance(value, float) and not isfinite(value)):
            raise wrong_type(path, ARTICLES[self.wanted], value)
        if self.least is not None and value < self.least:
            raise self._out_of_range(path, value, "below minimum", f">= {self.least:g}")
        if self.most is not None and value > self.most:
            raise self._out_of_range(path, value, "above maximum", f"<= {self.most:g}")

    def _out_of_range(self, path: str, value: Any, where: str, bound: str) -> Refusal:
        message = f"Invalid '{path}': {self.wanted} {where} value. Expected a value {bound}, but got {value} instead."
        code = f"{self.wanted}_{where.replace('imum', '').replace(' ', '_')}_value"
        return Refusal(errors.invalid(message, code, path))


@dataclass(frozen=True)
class Text:
    most_characters: int | None = None
    pattern: str | None = None

    wanted = "string"
    types = frozenset({"string"})

    def check(self, path: str, value: Any) -> None:
        if type_of(value) not in self.types:
            raise wrong_type(path, "a string", value)
        most, length = self.most_characters, len(value)
        if most is not None and length > most:
            limit = f"Expected a string with maximum length {most}, but got a string with length {length} instead."
            raise Refusal(
                errors.invalid(f"Invalid '{path}': string too long. {limit}", "string_above_max_length", path)
            )
        if self.pattern is not None and re.fullmatch(self.pattern, value) is None:
            wanted = f"Expected a string that matches the pattern '^{self.pattern}$'."
            raise Refusal(
                errors.invalid(f"Invalid '{path}': string does not match pattern. {wanted}", "invalid_value", path)
            )


@dataclass(frozen=True)
class Choice:
    """One of some texts; of those, some may be known and not offered."""

    values: tuple[str, ...]
    not_offered: frozenset[str] = frozenset()

    wanted = "string"
    types = frozenset({"string"})

    def check(self, path: str, value: Any) -> None:
        if type_of(value) not in self.types:
            raise wrong_type(path, f"one of {listed(self.values)}", value)
        if value not in self.values:
            raise wrong_value(path, value, self.values)
        if value in self.not_offered:
            raise not_offered(path)


@dataclass(frozen=True)
class ListOf:
    kind: Kind
    least: int = 0
    most: int | None = None

    types = frozenset({"array"})

    @property
    def wanted(self) -> str:
        return f"array of {self.kind.wanted}s"

    def check(self, path: str, value: Any) -> None:
        if type_of(value) not in self.types:
            raise wrong_type(path, f"an {self.wanted}", value)
        if len(value) < self.least:
            limit = f"Expected an array with minimum length {self.least}, but got an empty array instead."
            raise Refusal(errors.invalid(f"Invalid '{path}': empty array. {limit}", "empty_array", path))
        if self.most is not None and len(value) > self.most:
            limit = (
                f"Expected an array with maximum length {self.most}, but got an array with length {len(value)} instead."
            )
            raise Refusal(errors.invalid(f"Invalid '{path}': array too long. {limit}", "array_above_max_length", path))
        for number, each in enumerate(value):
            self.kind.check(f"{path}[{number}]", each)


@dataclass(frozen=True)
class MapOf:
    """An object with any keys."""

    kind: Kind
    most: int | None = None
    key: Text = Text()

    wanted = "object"
    types = frozenset({"object"})

    def check(self, path: str, value: Any) -> None:
        if type_of(value) not in self.types:
            raise wrong_type(path, "an object", value)
        if self.most is not None and len(value) > self.most:
            limit = (
                f"Expected an object with at most {self.most} properties, but got an object with {len(value)} instead."
            )
            message = f"Invalid '{path}': too many properties. {limit}"
            raise Refusal(errors.invalid(message, "object_above_max_properties", path))
        for name, each in value.items():
            self.key.check(path, name)
            self.kind.check(f"{path}.{name}", each)


@dataclass(frozen=True)
class Anything:
    """Any object: a schema, which is checked elsewhere."""

    wanted = "object"
    types = frozenset({"object"})

    def check(self, path: str, value: Any) -> None:
        if type_of(value) not in self.types:
            raise wrong_type(path, "an object", value)


@dataclass(frozen=True)
class Fields:
    """An object with known keys."""

    known: Mapping[str, Kind]
    required: tuple[str, ...] = ()

    wanted = "object"
    types = frozenset({"object"})

    def check(self, path: str, value: Any) -> None:
        if type_of(value) not in self.types:
            raise wrong_type(path, "an object", value)
        for name in self.required:
            if name not in value:
                raise Refusal(errors.missing(f"{path}.{name}"))
        for name, each in value.items():
            if name not in self.known:
                raise Refusal(errors.unknown_parameter(f"{path}.{name}"))
            self.known[name].check(f"{path}.{name}", each)


@dataclass(frozen=True)
class Variants:
    """An object whose fields depend on the value of one of them."""

    by: str
    variants: Mapping[str, "Fields | NotOffered"]
    default: str | None = None

    wanted = "object"
    types = frozenset({"object"})

    def check(self, path: str, value: Any) -> None:
        if type_of(value) not in self.types:
            raise wrong_type(path, "an object", value)
        if self.by not in value and self.default is None:
            raise Refusal(errors.missing(f"{path}.{self.by}"))
        name = value.get(self.by, self.default)
        Choice(tuple(self.variants)).check(f"{path}.{self.by}", name)
        fields = self.variants[name]
        if isinstance(fields, NotOffered):
            message = f"The simulator does not support '{name}' as '{path}.{self.by}'."
            raise Refusal(errors.invalid(message, "unsupported_value", f"{path}.{self.by}"))
        Fields({self.by: Text(), **fields.known}, fields.required).check(path, value)


@dataclass(frozen=True)
class Either:
    """One of several kinds, which the value's JSON type decides."""

    kinds: tuple[Kind, ...]

    @property
    def wanted(self) -> str:
        return " or ".join(kind.wanted for kind in self.kinds)

    @property
    def types(self) -> frozenset[str]:
        return frozenset().union(*(kind.types for kind in self.kinds))

    def check(self, path: str, value: Any) -> None:
        for kind in self.kinds:
            if type_of(value) in kind.types:
                kind.check(path, value)
                return
        raise wrong_type(path, f"one of {'an' if self.wanted[0] in 'aeio' else 'a'} {self.wanted}", value)


@dataclass(frozen=True)
class Nullable:
    """A kind that may also be null, which means the default."""

    kind: Kind

    @property
    def wanted(self) -> str:
        return self.kind.wanted

    @property
    def types(self) -> frozenset[str]:
        return self.kind.types | {"null"}

    def check(self, path: str, value: Any) -> None:
        if value is not None:
            self.kind.check(path, value)


@dataclass(frozen=True)
class NotOffered:
    """A parameter of OpenAI's that the simulator refuses by name, except with values that ask for nothing."""

    reason: str
    nothing: tuple[Any, ...] = ()

    wanted = "object"
    types = frozenset(ARTICLES)

    def check(self, path: str, value: Any) -> None:
        if not any(type_of(value) == type_of(each) and value == each for each in self.nothing):
            raise not_offered(path)
