"""Readers of the JSON fields of control requests; each raises InvalidRequest with one sentence."""

from collections.abc import Mapping, Sequence
from typing import Any


class InvalidRequest(ValueError):
    """A control request, or a rule in it, with an unknown, missing or invalid field; the text says which and why."""


def as_object(value: object, what: str) -> dict[str, Any]:
    """The value as a JSON object; `what` begins the sentence."""
    if not isinstance(value, dict):
        raise InvalidRequest(f"{what} must be a JSON object, not {_kind(value)}")
    return value


def refuse_unknown(given: Mapping[str, Any], known: Sequence[str], what: str) -> None:
    """No field besides the known ones is accepted."""
    for name in given:
        if name not in known:
            raise InvalidRequest(f"{what} has no field {name!r}; it has {', '.join(known)}")


def text(given: Mapping[str, Any], name: str) -> str | None:
    """A text that is not empty; None when the field is missing."""
    value = given.get(name)
    if value is not None and (not isinstance(value, str) or not value):
        raise InvalidRequest(f"{name} must be a text, not {_kind(value)}")
    return value


def texts(given: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A text or a list of texts; empty when the field is missing."""
    value = given.get(name)
    values = value if isinstance(value, list) else [] if value is None else [value]
    if not all(isinstance(each, str) and each for each in values):
        raise InvalidRequest(f"{name} must be a text or a list of texts, not {value!r}")
    return tuple(values)


def number(given: Mapping[str, Any], name: str, least: float = 0.0, most: float | None = None) -> float | None:
    """A number within the limits; None when the field is missing."""
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidRequest(f"{name} must be a number, not {_kind(value)}")
    if value < least or (most is not None and value > most):
        limits = f"at least {least:g}" if most is None else f"from {least:g} to {most:g}"
        raise InvalidRequest(f"{name} must be {limits}, not {value:g}")
    return float(value)


def whole_number(given: Mapping[str, Any], name: str, least: float = 0, most: float | None = None) -> int | None:
    """A whole number within the limits; None when the field is missing."""
    value = number(given, name, least, most)
    if value is None:
        return None
    if value != int(value):
        raise InvalidRequest(f"{name} must be a whole number, not {value:g}")
    return int(given[name])  # not by way of a float, which holds 53 bits


def choice(given: Mapping[str, Any], name: str, among: Sequence[str]) -> str | None:
    """One of the texts; None when the field is missing."""
    value = text(given, name)
    if value is not None and value not in among:
        raise InvalidRequest(f"{name} must be one of {', '.join(among)}, not {value!r}")
    return value


def _kind(value: object) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")
