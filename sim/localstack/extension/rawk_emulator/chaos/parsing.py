"""Reading the rules of the Chaos API (chaos_rules.py says what they mean): every mistake is told in a sentence."""

import uuid
from collections.abc import Mapping
from typing import Any

from .rules import DEFAULT_CODE, DEFAULT_STATUS_CODE, Refusal, Rule

EFFECTS = ("error", "reset", "lost_answer", "slow", "count", "hold", "hold_answer")
CALLERS = ("client", "function", "mapping")
HTTP = frozenset({"client", "function"})
FIELDS = (
    *("id", "service", "region", "operation", "operations", "resource", "callers", "window", "nth", "first"),
    *("probability", "seed", "error", "effect", "then", "latency_ms"),
)


class BadRule(ValueError):
    """A rule that cannot be meant; the text says what is wrong with it."""


def read_rules(value: object) -> list[Rule]:
    """Read a list of rules, as sent to the API. Raises BadRule."""
    if not isinstance(value, list):
        raise BadRule("The faults must be a list of rules.")
    return [read_rule(each) for each in value]


def read_rule(given: object) -> Rule:
    """Read one rule. Raises BadRule."""
    if not isinstance(given, dict):
        raise BadRule(f"A rule must be an object, not {given!r}.")
    if unknown := sorted(given.keys() - set(FIELDS)):
        raise BadRule(f"A rule has no {', '.join(unknown)}; it has {', '.join(FIELDS)}.")
    effect = _one_of(given, "effect", EFFECTS, "error")
    window = _object(given, "window", ("after", "for"))
    if window.get("for") == 0:
        raise BadRule("window lasts for 0 seconds, so it ends before it begins.")
    latency_ms = _number(given, "latency_ms", 0.0)
    if effect == "slow" and not latency_ms:
        raise BadRule('A rule with the effect "slow" needs latency_ms.')
    return Rule(
        given=given,
        id=_text(given, "id") or f"rule-{uuid.uuid4().hex[:12]}",
        service=_text(given, "service"),
        region=_text(given, "region"),
        operations=frozenset(_texts(given, "operation") + _texts(given, "operations")),
        resources=_texts(given, "resource"),
        callers=_callers(given),
        after_seconds=_number(window, "after", 0.0),
        for_seconds=_number(window, "for", float("inf")),
        nth=_count(given, "nth"),
        first=_count(given, "first"),
        probability=_number(given, "probability", 1.0, at_most=1.0),
        seed=_whole(given, "seed"),
        effect=effect,
        refusal=_refusal(given) if "error" in given or effect == "error" else None,
        then_reset=_one_of(given, "then", ("go_on", "reset"), "go_on") == "reset",
        latency_seconds=latency_ms / 1000,
    )


def read_latency_ms(value: object) -> float:
    """Read the network effects, as sent to the API. Raises BadRule."""
    effects = _object({"effects": value}, "effects", ("latency",))
    return _number(effects, "latency", 0.0)


def _refusal(given: Mapping[str, Any]) -> Refusal:
    error = _object(given, "error", ("statusCode", "code"))
    status_code = _whole(error, "statusCode")
    if status_code is not None and not 400 <= status_code <= 599:
        raise BadRule(f"statusCode must be from 400 to 599, not {status_code}.")
    return Refusal(status_code or DEFAULT_STATUS_CODE, _text(error, "code") or DEFAULT_CODE)


def _callers(given: Mapping[str, Any]) -> frozenset[str]:
    named = given.get("callers", ["http"])
    if not isinstance(named, list) or not {each for each in named if isinstance(each, str)} <= {"http", *CALLERS}:
        raise BadRule(f"callers must be a list of {', '.join(('http', *CALLERS))}, not {named!r}.")
    if not named:
        return frozenset(CALLERS)
    return frozenset(named) - {"http"} | (HTTP if "http" in named else frozenset())


def _one_of(given: Mapping[str, Any], name: str, allowed: tuple[str, ...], default: str) -> str:
    value = given.get(name, default)
    if value not in allowed:
        raise BadRule(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
    return str(value)


def _object(given: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> Mapping[str, Any]:
    value = given.get(name, {})
    if not isinstance(value, dict) or value.keys() - set(allowed):
        raise BadRule(f"{name} must be an object with {' and '.join(allowed)}, not {value!r}.")
    return value


def _text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is not None and (not isinstance(value, str) or not value):
        raise BadRule(f"{name} must be a text, not {value!r}.")
    return value


def _texts(given: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = given.get(name)
    values = value if isinstance(value, list) else [] if value is None else [value]
    if not all(isinstance(each, str) and each for each in values):
        raise BadRule(f"{name} must be a text or a list of texts, not {value!r}.")
    return tuple(values)


def _number(given: Mapping[str, Any], name: str, default: float, at_most: float = float("inf")) -> float:
    value = given.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= at_most:
        limit = "" if at_most == float("inf") else f" to {at_most:g}"
        raise BadRule(f"{name} must be a number from 0{limit}, not {value!r}.")
    return float(value)


def _whole(given: Mapping[str, Any], name: str) -> int | None:
    value = given.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise BadRule(f"{name} must be a whole number, not {value!r}.")
    return value


def _count(given: Mapping[str, Any], name: str) -> int | None:
    value = _whole(given, name)
    if value is not None and value < 1:
        raise BadRule(f"{name} counts from 1, so it can not be {value}.")
    return value
