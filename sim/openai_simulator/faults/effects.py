"""What a fault does to an answer: every kind of effect, its settings, and the endpoints where it makes sense.

To add a kind: a line in `KINDS`, and its implementation in `request_handler.py`, beside the other kinds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sim.localstack.extension.rawk_emulator.fault_rules.fields import (
    InvalidRequest,
    as_object,
    number,
    refuse_unknown,
    whole_number,
)
from sim.openai_simulator.refusals import REFUSALS

Endpoint = Literal["transcription", "chat", "responses", "models"]
ENDPOINTS: tuple[Endpoint, ...] = ("transcription", "chat", "responses", "models")
TEXT_ENDPOINTS: tuple[Endpoint, ...] = ("chat", "responses")
AUDIO_ENDPOINTS: tuple[Endpoint, ...] = ("transcription",)

HANG_SECONDS = 600.0
"""A hanging answer is dropped after this time: the SDK's own timeout, so no client of the SDK sees the drop."""


@dataclass(frozen=True)
class Setting:
    """One number that an effect takes; with the default None it is optional."""

    default: float | None = None
    least: float = 0.0
    most: float | None = None
    whole: bool = False
    required: bool = False


@dataclass(frozen=True)
class Kind:
    """One kind of effect."""

    endpoints: tuple[Endpoint, ...] = ENDPOINTS
    settings: Mapping[str, Setting] = field(default_factory=dict)


ADVICE = {"should_retry": Setting(most=1, whole=True)}
"""The header `x-should-retry`: 1 for `true`, 0 for `false`, none without it."""

KINDS: dict[str, Kind] = {
    # An error instead of the answer.
    "status": Kind(settings={"status": Setting(least=400, most=599, whole=True, required=True), **ADVICE}),
    "rate_limited": Kind(settings={"retry_after_seconds": Setting()}),
    "quota_exhausted": Kind(),
    "wrong_key": Kind(settings=ADVICE),
    "forbidden": Kind(),
    "unknown_model": Kind(),
    "too_large": Kind(AUDIO_ENDPOINTS),
    "bad_audio": Kind(AUDIO_ENDPOINTS),
    **{f"refuses_{why}": Kind(refusal.endpoints, ADVICE) for why, refusal in REFUSALS.items()},
    # The answer, late or in pieces.
    "slow": Kind(settings={"seconds": Setting(required=True)}),
    "hang": Kind(settings={"seconds": Setting(HANG_SECONDS)}),
    "drip": Kind(settings={"pause_seconds": Setting(1.0), "piece_bytes": Setting(1, least=1, whole=True)}),
    # The connection ends.
    "refuse": Kind(),
    "reset": Kind(),
    "truncate": Kind(),
    # An answer with other content.
    "html": Kind(settings={"status": Setting(200, least=200, most=599, whole=True)}),
    "empty_object": Kind(),
    "redirect": Kind(settings={"status": Setting(307, least=300, most=399, whole=True)}),
    "oversized": Kind(settings={"mebibytes": Setting(32, least=1, most=256, whole=True)}),
    "bomb": Kind(settings={"mebibytes": Setting(256, least=1, most=1024, whole=True)}),
    "empty_text": Kind(AUDIO_ENDPOINTS),
    "malformed_content": Kind(TEXT_ENDPOINTS),
    "schema_breaking_content": Kind(TEXT_ENDPOINTS),
    "empty_content": Kind(TEXT_ENDPOINTS),
    "refusal": Kind(TEXT_ENDPOINTS),
    "content_filter": Kind(TEXT_ENDPOINTS),
    "length": Kind(TEXT_ENDPOINTS),
}


@dataclass(frozen=True)
class Effect:
    """One effect with its settings."""

    kind: str
    settings: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        return KINDS[self.kind].endpoints

    def setting(self, name: str) -> float:
        value = self.settings[name]
        if value is None:
            raise LookupError(f"{self.kind} was given no {name}")
        return value

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, **self.settings}


def parse_effect(value: Any) -> Effect:
    """Read an effect. Raises InvalidRequest: its kind or a setting is unknown, missing or out of range."""
    given = as_object(value, "effect")
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise InvalidRequest(f"effect has no kind {kind!r}; the kinds are {', '.join(KINDS)}")
    settings = KINDS[kind].settings
    refuse_unknown(given, ["kind", *settings], f"effect {kind}")
    return Effect(kind, {name: _read(given, kind, name, setting) for name, setting in settings.items()})


def _read(given: Mapping[str, Any], kind: str, name: str, setting: Setting) -> float | None:
    read = whole_number if setting.whole else number
    value = read(given, name, setting.least, setting.most)
    if value is None and setting.required:
        raise InvalidRequest(f"effect {kind} needs {name}")
    return setting.default if value is None else value
