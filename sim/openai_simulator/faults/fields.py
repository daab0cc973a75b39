"""Reads JSON objects sent to the control plane, with one clear sentence for whatever is wrong."""

from collections.abc import Mapping
from typing import Any


class BadField(ValueError):
    """A field of a control request is unknown, missing or senseless; the message says which and why."""


def as_object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadField(f"{what} must be a JSON object, not {_kind(value)}")
    return value


def refuse_unknown(given: Mapping[str, Any], known: list[str], what: str) -> None:
    for name in given:
        if name not in known:
            raise BadField(f"{what} has no field {name!r}; it has {', '.join(known)}")


def text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is not None and (not isinstance(value, str) or not value):
        raise BadField(f"{name} must be a text, not {_kind(value)}")
    return value


def number(given: Mapping[str, Any], name: str, least: float = 0.0, most: float | None = None) -> float | None:
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadField(f"{name} must be a number, not {_kind(value)}")
    if value < least or (most is not None and value > most):
        limits = f"at least {least:g}" if most is None else f"from {least:g} to {most:g}"
        raise BadField(f"{name} must be {limits}, not {value:g}")
    return float(value)


def whole_number(given: Mapping[str, Any], name: str, least: int = 0, most: int | None = None) -> int | None:
    value = number(given, name, least, most)
    if value is not None and value != int(value):
        raise BadField(f"{name} must be a whole number, not {value:g}")
    return None if value is None else int(value)


def choice(given: Mapping[str, Any], name: str, among: tuple[str, ...]) -> str | None:
    value = text(given, name)
    if value is not None and value not in among:
        raise BadField(f"{name} must be one of {', '.join(among)}, not {value!r}")
    return value


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "a truth value", type(None): "null"}
    return kinds.get(type(value), "a number")
