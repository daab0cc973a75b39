"""Which requests meet a fault: rules, matched in the order they were put in place.

A rule counts the calls that fit its fixed marks (endpoint, memory, recording) and then asks its window,
its count and its chance. The chance of a call depends on the seed, the memory, the endpoint and the
attempt alone, so that workers racing each other do not change who is hit.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from sim.openai_simulator.faults.effects import Effect, Endpoint, parse_effect
from sim.openai_simulator.faults.fields import BadField, as_object, choice, number, refuse_unknown, text, whole_number


@dataclass(frozen=True)
class Call:
    """What a rule sees of a request; the recording is unknown until the body has been read."""

    endpoint: Endpoint
    now: float
    attempt: int
    memory_id: str | None = None
    audio_sha256: str | None = None


@dataclass(frozen=True)
class Match:
    """Which calls a rule wants. Windows are seconds since the rule was put in place."""

    endpoint: str = "any"
    memory_id: str | None = None
    audio_sha256: str | None = None
    nth_call: int | None = None
    first_calls: int | None = None
    after_seconds: float = 0.0
    for_seconds: float | None = None
    probability: float = 1.0
    seed: int = 0

    def fits(self, call: Call) -> bool:
        """Whether the fixed marks fit."""
        return (
            self.endpoint in ("any", call.endpoint)
            and self.memory_id in (None, call.memory_id)
            and self.audio_sha256 in (None, call.audio_sha256)
        )

    def in_window(self, age_seconds: float) -> bool:
        end = float("inf") if self.for_seconds is None else self.after_seconds + self.for_seconds
        return self.after_seconds <= age_seconds < end

    def in_count(self, nth: int) -> bool:
        return self.nth_call in (None, nth) and (self.first_calls is None or nth <= self.first_calls)

    def by_chance(self, call: Call, nth: int) -> bool:
        whose = call.memory_id or call.audio_sha256 or f"call {nth}"
        drawn = hashlib.sha256(f"{self.seed}/{whose}/{call.endpoint}/{call.attempt}".encode()).digest()
        return int.from_bytes(drawn[:8]) / 2**64 < self.probability


@dataclass
class Rule:
    """A match and its effect, with its counts."""

    id: str
    match: Match
    effect: Effect
    since: float
    calls: int = 0
    times_triggered: int = 0

    def meets(self, call: Call) -> bool:
        """Counts a call, and says whether it is hit."""
        if call.endpoint not in self.effect.endpoints or not self.match.fits(call):
            return False
        if not self.match.in_window(call.now - self.since):
            return False
        self.calls += 1
        if not self.match.in_count(self.calls) or not self.match.by_chance(call, self.calls):
            return False
        self.times_triggered += 1
        return True

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "match": {name: value for name, value in vars(self.match).items() if value is not None},
            "effect": self.effect.as_json(),
            "since": self.since,
            "calls": self.calls,
            "times_triggered": self.times_triggered,
        }


@dataclass
class Rules:
    """The rules of one space; the first that is met decides."""

    rules: dict[str, Rule] = field(default_factory=dict)

    def meet(self, call: Call, *, body_read: bool) -> Rule | None:
        """The rule this call meets: before its body is read a refusing one, afterwards any other."""
        for rule in self.rules.values():
            if (rule.effect.kind == "refuse") is not body_read and rule.meets(call):
                return rule
        return None


def parse_rule(rule_id: str, value: Any, now: float) -> Rule:
    """Reads a rule sent to the control plane.

    Raises:
        BadField: with the sentence to answer 400 with.
    """
    given = as_object(value, "a fault")
    refuse_unknown(given, ["match", "effect"], "a fault")
    effect = parse_effect(given.get("effect"))
    match = _parse_match(as_object(given.get("match", {}), "match"), effect)
    return Rule(rule_id, match, effect, since=now)


def _parse_match(given: Mapping[str, Any], effect: Effect) -> Match:
    refuse_unknown(given, list(Match.__dataclass_fields__), "match")
    endpoint = choice(given, "endpoint", ("any", *get_args(Endpoint))) or "any"
    match = Match(
        endpoint=endpoint,
        memory_id=text(given, "memory_id"),
        audio_sha256=text(given, "audio_sha256"),
        nth_call=whole_number(given, "nth_call", least=1),
        first_calls=whole_number(given, "first_calls", least=1),
        after_seconds=number(given, "after_seconds") or 0.0,
        for_seconds=number(given, "for_seconds"),
        probability=_or(number(given, "probability", most=1.0), 1.0),
        seed=whole_number(given, "seed") or 0,
    )
    _refuse_contradictions(match, effect)
    return match


def _refuse_contradictions(match: Match, effect: Effect) -> None:
    """A rule that can never be met is a mistake, and says so at once."""
    if match.endpoint != "any" and match.endpoint not in effect.endpoints:
        where = " or ".join(effect.endpoints)
        raise BadField(f"{effect.kind} can only happen to {where}, not to {match.endpoint}")
    if match.for_seconds == 0:
        raise BadField("a window of 0 seconds ends before it begins")
    if match.audio_sha256 is not None and match.endpoint not in ("any", "transcription"):
        raise BadField("audio_sha256 only fits the transcription endpoint")
    if match.audio_sha256 is not None and effect.kind == "refuse":
        raise BadField("a refused connection can not know its recording: match by memory_id instead")
    if match.nth_call is not None and match.first_calls is not None:
        raise BadField("nth_call and first_calls exclude each other")


def _or(value: float | None, default: float) -> float:
    return default if value is None else value
