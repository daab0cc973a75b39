"""Reads the rules of the Chaos API (rules.py says what they mean). Raises InvalidRequest with one sentence."""

import uuid
from collections.abc import Mapping
from typing import Any

from ..fault_rules.engine import Selection
from ..fault_rules.fields import (
    InvalidRequest,
    as_object,
    choice,
    number,
    refuse_unknown,
    text,
    texts,
    whole_number,
)
from .answers import ANSWER_KINDS
from .rules import DEFAULT_CODE, DEFAULT_STATUS_CODE, ChaosRule, Refusal

EFFECTS = ("error", "reset", "lost_answer", "other_content", "slow", "count", "hold", "hold_answer", "hang", "answer")
OVER_HTTP = ("hang", "answer")
"""Effects on a connection."""
CALLERS = ("client", "function", "mapping")
HTTP = frozenset({"client", "function"})
FIELDS = (
    *("id", "service", "region", "operation", "operations", "resource", "callers", "window", "nth", "first"),
    *("probability", "seed", "error", "effect", "answer", "then", "latency_ms"),
)


def read_rules(value: object) -> list[ChaosRule]:
    """Read a list of rules, as sent to the API."""
    if not isinstance(value, list):
        raise InvalidRequest("the faults must be a list of rules")
    return [read_rule(each) for each in value]


def read_rule(value: object) -> ChaosRule:
    """Read one rule."""
    given = as_object(value, "a rule")
    refuse_unknown(given, FIELDS, "a rule")
    effect = choice(given, "effect", EFFECTS) or "error"
    latency_ms = number(given, "latency_ms") or 0.0
    if effect == "slow" and not latency_ms:
        raise InvalidRequest('a rule with the effect "slow" needs latency_ms')
    answer = choice(given, "answer", ANSWER_KINDS)
    if (effect == "answer") != (answer is not None):
        raise InvalidRequest('a rule with the effect "answer" needs answer, and no other rule has one')
    callers = _callers(given)
    if effect in OVER_HTTP and "mapping" in callers:
        raise InvalidRequest(f'a mapping makes no HTTP call that the effect "{effect}" could change')
    return ChaosRule(
        given=given,
        id=text(given, "id") or f"rule-{uuid.uuid4().hex[:12]}",
        service=text(given, "service"),
        region=text(given, "region"),
        operations=frozenset(texts(given, "operation") + texts(given, "operations")),
        resources=texts(given, "resource"),
        callers=callers,
        selection=_selection(given),
        effect=effect,
        refusal=_refusal(given) if "error" in given or effect == "error" else None,
        answer=answer,
        then_reset=choice(given, "then", ("go_on", "reset")) == "reset",
        latency_seconds=latency_ms / 1000,
    )


def read_latency_ms(value: object) -> float:
    """Read the network effects, as sent to the API: the latency of every call in milliseconds."""
    effects = as_object(value, "effects")
    refuse_unknown(effects, ("latency",), "effects")
    return number(effects, "latency") or 0.0


def _selection(given: Mapping[str, Any]) -> Selection:
    window = as_object(given.get("window", {}), "window")
    refuse_unknown(window, ("after", "for"), "window")
    probability = number(given, "probability", most=1.0)
    return Selection(
        after_seconds=number(window, "after") or 0.0,
        for_seconds=number(window, "for"),
        nth=whole_number(given, "nth", least=1),
        first=whole_number(given, "first", least=1),
        probability=1.0 if probability is None else probability,
        seed=whole_number(given, "seed", least=float("-inf")),
    )


def _refusal(given: Mapping[str, Any]) -> Refusal:
    error = as_object(given.get("error", {}), "error")
    refuse_unknown(error, ("statusCode", "code"), "error")
    status_code = whole_number(error, "statusCode", least=400, most=599)
    return Refusal(status_code or DEFAULT_STATUS_CODE, text(error, "code") or DEFAULT_CODE)


def _callers(given: Mapping[str, Any]) -> frozenset[str]:
    named = given.get("callers", ["http"])
    if not isinstance(named, list) or not {each for each in named if isinstance(each, str)} <= {"http", *CALLERS}:
        raise InvalidRequest(f"callers must be a list of {', '.join(('http', *CALLERS))}, not {named!r}")
    if not named:
        return frozenset(CALLERS)
    return frozenset(named) - {"http"} | (HTTP if "http" in named else frozenset())
