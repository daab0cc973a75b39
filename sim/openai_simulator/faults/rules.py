"""Which requests trigger a fault: the simulator's matchers on the shared rule engine.

A seeded probability depends on the seed, the memory (or recording), the endpoint and the attempt, not on the order of
the requests, so that workers that race each other do not change which request is hit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from sim.localstack.extension.rawk_emulator.fault_rules.engine import ActiveRule, RuleSet, Selection
from sim.localstack.extension.rawk_emulator.fault_rules.fields import (
    InvalidRequest,
    as_object,
    choice,
    number,
    refuse_unknown,
    text,
    whole_number,
)
from sim.openai_simulator.faults.effects import Effect, Endpoint, parse_effect

MATCH_FIELDS = (
    *("endpoint", "memory_id", "audio_sha256", "nth_call", "first_calls", "after_seconds", "for_seconds"),
    *("probability", "seed"),
)


@dataclass(frozen=True)
class Call:
    """A request as a rule sees it; `audio_sha256` is None until the body has been read."""

    endpoint: Endpoint
    attempt: int
    memory_id: str | None = None
    audio_sha256: str | None = None

    def random_key(self, number: int) -> str:
        """What a seeded probability depends on besides the seed."""
        subject = self.memory_id or self.audio_sha256 or f"call {number}"
        return f"{subject}/{self.endpoint}/{self.attempt}"


@dataclass(frozen=True)
class Match:
    """Which requests a rule is about, and which of those trigger it."""

    endpoint: str = "any"
    memory_id: str | None = None
    audio_sha256: str | None = None
    selection: Selection = field(default_factory=lambda: Selection(seed=0))

    def matches(self, call: Call) -> bool:
        """Whether endpoint, memory and recording match."""
        return (
            self.endpoint in ("any", call.endpoint)
            and self.memory_id in (None, call.memory_id)
            and self.audio_sha256 in (None, call.audio_sha256)
        )

    def as_json(self) -> dict[str, Any]:
        """The fields of a control request; those without a value are left out."""
        selection = self.selection
        fields = {
            "endpoint": self.endpoint,
            "memory_id": self.memory_id,
            "audio_sha256": self.audio_sha256,
            "nth_call": selection.nth,
            "first_calls": selection.first,
            "after_seconds": selection.after_seconds,
            "for_seconds": selection.for_seconds,
            "probability": selection.probability,
            "seed": selection.seed,
        }
        return {name: value for name, value in fields.items() if value is not None}


@dataclass(frozen=True)
class FaultRule:
    """A match and an effect."""

    id: str
    match: Match
    effect: Effect

    @property
    def selection(self) -> Selection:
        return self.match.selection

    @property
    def only_counts(self) -> bool:
        return False

    def matches(self, call: Call) -> bool:
        """Whether the request matches, at an endpoint where the effect makes sense."""
        return call.endpoint in self.effect.endpoints and self.match.matches(call)


ActiveFault = ActiveRule[FaultRule]


class FaultRules(RuleSet[Call, FaultRule]):
    """The rules of one space."""

    def trigger_on_head(self, call: Call, now_seconds: float) -> ActiveFault | None:
        """The rule that a request triggers before its body is read: one that refuses the connection."""
        return self.trigger(call, now_seconds, lambda rule: rule.effect.kind == "refuse")

    def trigger_on_body(self, call: Call, now_seconds: float) -> ActiveFault | None:
        """The rule that a request triggers once its body has been read."""
        return self.trigger(call, now_seconds, lambda rule: rule.effect.kind != "refuse")


def as_json(active: ActiveFault) -> dict[str, Any]:
    """A rule with its counts. `since` is the moment when it was added, in seconds since 1970."""
    return {
        "id": active.rule.id,
        "match": active.rule.match.as_json(),
        "effect": active.rule.effect.as_json(),
        "since": active.since_seconds,
        "calls": active.calls,
        "times_triggered": active.times_triggered,
    }


def parse_rule(rule_id: str, value: Any) -> FaultRule:
    """Read a rule, as sent to the control API. Raises InvalidRequest."""
    given = as_object(value, "a fault")
    refuse_unknown(given, ["match", "effect"], "a fault")
    effect = parse_effect(given.get("effect"))
    match = _parse_match(as_object(given.get("match", {}), "match"))
    _refuse_contradictions(match, effect)
    return FaultRule(rule_id, match, effect)


def _parse_match(given: Mapping[str, Any]) -> Match:
    refuse_unknown(given, MATCH_FIELDS, "match")
    probability = number(given, "probability", most=1.0)
    selection = Selection(
        nth=whole_number(given, "nth_call", least=1),
        first=whole_number(given, "first_calls", least=1),
        after_seconds=number(given, "after_seconds") or 0.0,
        for_seconds=number(given, "for_seconds"),
        probability=1.0 if probability is None else probability,
        seed=whole_number(given, "seed") or 0,
    )
    return Match(
        endpoint=choice(given, "endpoint", ("any", *get_args(Endpoint))) or "any",
        memory_id=text(given, "memory_id"),
        audio_sha256=text(given, "audio_sha256"),
        selection=selection,
    )


def _refuse_contradictions(match: Match, effect: Effect) -> None:
    """Refuse a rule that could never be triggered."""
    if match.endpoint != "any" and match.endpoint not in effect.endpoints:
        where = " or ".join(effect.endpoints)
        raise InvalidRequest(f"{effect.kind} can only happen to {where}, not to {match.endpoint}")
    if match.audio_sha256 is not None and match.endpoint not in ("any", "transcription"):
        raise InvalidRequest("audio_sha256 only matches the transcription endpoint")
    if match.audio_sha256 is not None and effect.kind == "refuse":
        raise InvalidRequest("a connection is refused before its recording is known: match by memory_id instead")
    if match.selection.nth is not None and match.selection.first is not None:
        raise InvalidRequest("nth_call and first_calls exclude each other")
