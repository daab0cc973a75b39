"""What OpenAI can do to us: every way its API fails, for one endpoint, some calls, one recording or a while.

    faults.openai.errors(500).first(2)
    faults.openai.rate_limited(retry_after_seconds=5).for_endpoint("transcription")
    faults.openai.down().sometimes(0.3, seed=7).during(after=minutes(1), lasting=minutes(10))

Each function names an effect; the methods of `OpenAIFault` narrow down whom it hits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal, Protocol
from uuid import uuid4

from sim.clock.durations import spoken
from sim.openai_simulator.client import Space
from sim.openai_simulator.faults.rules import parse_rule
from sim.recordings import Recording

Endpoint = Literal["any", "transcription", "chat", "responses", "models"]
BadAnalysis = Literal[
    "malformed", "schema_breaking", "empty", "refusal", "content_filter", "length", "html", "empty_object"
]
Duration = float | timedelta
"""Seconds, or a duration such as `minutes(2)`."""

WHERE = {
    "any": "OpenAI",
    "transcription": "OpenAI's transcription",
    "chat": "OpenAI's chat",
    "responses": "OpenAI's responses endpoint",
    "models": "OpenAI's list of models",
}
BAD_ANALYSES: Mapping[BadAnalysis, tuple[str, str]] = {
    "malformed": ("malformed_content", "answers with broken JSON"),
    "schema_breaking": ("schema_breaking_content", "answers with JSON of another shape"),
    "empty": ("empty_content", "answers with nothing"),
    "refusal": ("refusal", "refuses to answer"),
    "content_filter": ("content_filter", "is stopped by its content filter"),
    "length": ("length", "stops in the middle, at its token limit"),
    "html": ("html", "answers 200 with an HTML page"),
    "empty_object": ("empty_object", "answers 200 with {}"),
}


class OpenAIWorld(Protocol):
    """What these faults need of a world: its own space in the simulator."""

    @property
    def openai(self) -> Space: ...


@dataclass(frozen=True)
class OpenAIFault:
    """An effect, and whom it hits. Narrow it down with the methods; each gives a new value.

    Raises InvalidRequest, a ValueError, when it is invalid: an endpoint, a number or a window that makes no sense, or
    settings that contradict each other, such as a refusal by the transcription.
    """

    kind: str
    words: str
    endpoint: Endpoint = "any"
    settings: Mapping[str, float | None] = field(default_factory=dict)
    match: Mapping[str, Any] = field(default_factory=dict)
    narrowed: tuple[str, ...] = ()

    family = "openai"

    def __post_init__(self) -> None:
        parse_rule("fault", self.to_rule())

    def for_endpoint(self, endpoint: Endpoint) -> "OpenAIFault":
        return replace(self, endpoint=endpoint)

    def first(self, calls: int) -> "OpenAIFault":
        """Only the first so many calls."""
        return self._narrowed("the first call" if calls == 1 else f"the first {calls} calls", first_calls=calls)

    def only_call(self, nth: int) -> "OpenAIFault":
        """Only the n-th call, counted from 1."""
        return self._narrowed(f"call number {nth}", nth_call=nth)

    def for_recording(self, recording: Recording | str) -> "OpenAIFault":
        """Only one recording; a variant of one is named by its own SHA-256."""
        name, digest = (
            (recording.name, recording.sha256) if isinstance(recording, Recording) else (recording[:12], recording)
        )
        return self._narrowed(f"recording {name}", audio_sha256=digest)

    def for_memory(self, memory_id: str) -> "OpenAIFault":
        return self._narrowed(f"memory {memory_id}", memory_id=memory_id)

    def sometimes(self, probability: float, seed: int) -> "OpenAIFault":
        """By chance, decided for each memory and attempt by the seed alone."""
        return self._narrowed(f"{probability:.0%} of the calls", probability=probability, seed=seed)

    def during(self, lasting: Duration, after: Duration = 0.0) -> "OpenAIFault":
        """Only for a while, beginning so long after it was switched on."""
        after_seconds, for_seconds = _seconds(after), _seconds(lasting)
        words = f"for {_spoken(for_seconds)}" + (f" after {_spoken(after_seconds)}" if after_seconds else "")
        return self._narrowed(words, after_seconds=after_seconds, for_seconds=for_seconds)

    def describe(self) -> str:
        who = f" ({', '.join(self.narrowed)})" if self.narrowed else ""
        return f"{WHERE[self.endpoint]} {self.words}{who}"

    def to_rule(self) -> dict[str, Any]:
        """The rule as the simulator's control plane takes it."""
        return {"match": {"endpoint": self.endpoint, **self.match}, "effect": {"kind": self.kind, **self.settings}}

    def start(self, world: OpenAIWorld) -> "ActiveOpenAIFault":
        """Puts the rule in place."""
        return ActiveOpenAIFault(world.openai, world.openai.add_fault(self.to_rule(), f"openai-{uuid4().hex[:12]}"))

    def _narrowed(self, words: str, **match: float | str) -> "OpenAIFault":
        return replace(self, match={**self.match, **match}, narrowed=(*self.narrowed, words))


@dataclass
class ActiveOpenAIFault:
    """A rule in place."""

    _space: Space
    _rule_id: str
    _final: int | None = None

    @property
    def times_triggered(self) -> int:
        return self._final if self._final is not None else int(self._space.fault(self._rule_id)["times_triggered"])

    def stop(self) -> None:
        if self._final is None:
            self._final = int(self._space.remove_fault(self._rule_id)["times_triggered"])


def down(endpoint: Endpoint = "any") -> OpenAIFault:
    """503 on every call."""
    return OpenAIFault("status", "is down and answers 503", endpoint, {"status": 503})


def errors(status: int = 500, times: int | None = None, endpoint: Endpoint = "any") -> OpenAIFault:
    """Any error status, such as 500, 502, 503, 529, 408 or 409."""
    return _first(OpenAIFault("status", f"answers {status}", endpoint, {"status": status}), times)


def rate_limited(
    retry_after_seconds: Duration | None = None, times: int | None = None, endpoint: Endpoint = "any"
) -> OpenAIFault:
    """429, with `Retry-After` when a time is given."""
    wait_seconds = None if retry_after_seconds is None else _seconds(retry_after_seconds)
    words = "limits the rate" + ("" if wait_seconds is None else f" and asks to wait {_spoken(wait_seconds)}")
    return _first(OpenAIFault("rate_limited", words, endpoint, {"retry_after_seconds": wait_seconds}), times)


def quota_exhausted(endpoint: Endpoint = "any") -> OpenAIFault:
    """429 `insufficient_quota`: the bill was not paid, waiting does not help."""
    return OpenAIFault("quota_exhausted", "says that the quota is exhausted", endpoint)


def wrong_key(endpoint: Endpoint = "any") -> OpenAIFault:
    """401 `invalid_api_key`, as for a key that was revoked."""
    return OpenAIFault("wrong_key", "no longer takes our key", endpoint)


def forbidden(endpoint: Endpoint = "any") -> OpenAIFault:
    """403, as for a country that is not served."""
    return OpenAIFault("forbidden", "answers 403", endpoint)


def retired_model(endpoint: Endpoint = "any") -> OpenAIFault:
    """404 `model_not_found`, as for a model past its shutdown date."""
    return OpenAIFault("unknown_model", "has retired the model", endpoint)


def slow(seconds: Duration, endpoint: Endpoint = "any") -> OpenAIFault:
    """The right answer, late."""
    return OpenAIFault(
        "slow", f"takes {_spoken(_seconds(seconds))} to answer", endpoint, {"seconds": _seconds(seconds)}
    )


def hanging(endpoint: Endpoint = "any") -> OpenAIFault:
    """No answer, for ten minutes; then the connection ends."""
    return OpenAIFault("hang", "never answers", endpoint)


def dripping(pause: Duration = 1.0, piece_bytes: int = 1, endpoint: Endpoint = "any") -> OpenAIFault:
    """The right answer a few bytes at a time, so that a time limit per read is never exceeded."""
    settings: dict[str, float | None] = {"pause_seconds": _seconds(pause), "piece_bytes": piece_bytes}
    return OpenAIFault("drip", f"drips its answer, a pause of {_spoken(_seconds(pause))} at a time", endpoint, settings)


def refused(endpoint: Endpoint = "any") -> OpenAIFault:
    """The connection is reset before the request's body is read: nothing was done, nothing is billed."""
    return OpenAIFault("refuse", "refuses connections", endpoint)


def resets(endpoint: Endpoint = "any") -> OpenAIFault:
    """The connection is reset when the answer is due: it was worked out, and is billed."""
    return OpenAIFault("reset", "resets the connection instead of answering", endpoint)


def truncated(endpoint: Endpoint = "any") -> OpenAIFault:
    """The answer ends in its middle, and the connection with it."""
    return OpenAIFault("truncate", "breaks off in the middle of its answer", endpoint)


def html_page(status: int = 200, endpoint: Endpoint = "any") -> OpenAIFault:
    """A proxy's HTML page instead of JSON."""
    return OpenAIFault("html", f"answers {status} with an HTML page", endpoint, {"status": status})


def empty_object(endpoint: Endpoint = "any") -> OpenAIFault:
    """200 with `{}`."""
    return OpenAIFault("empty_object", "answers 200 with {}", endpoint)


def bad_analysis(kind: BadAnalysis = "malformed", endpoint: Endpoint = "chat") -> OpenAIFault:
    """A 200 whose analysis is of no use.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in BAD_ANALYSES:
        raise ValueError(f"there is no bad analysis {kind!r}; there are {', '.join(BAD_ANALYSES)}")
    effect, words = BAD_ANALYSES[kind]
    return OpenAIFault(effect, words, endpoint)


def bad_audio() -> OpenAIFault:
    """400: the audio is corrupted or of no kind OpenAI knows."""
    return OpenAIFault("bad_audio", "can not read the audio", "transcription")


def too_large() -> OpenAIFault:
    """413, whose type says `server_error`."""
    return OpenAIFault("too_large", "finds the audio too large", "transcription")


def hears_nothing() -> OpenAIFault:
    """200 with an empty transcript, as for silence."""
    return OpenAIFault("empty_text", "hears nothing", "transcription")


def _first(fault: OpenAIFault, times: int | None) -> OpenAIFault:
    return fault if times is None else fault.first(times)


def _seconds(duration: Duration) -> float:
    return duration.total_seconds() if isinstance(duration, timedelta) else float(duration)


def _spoken(seconds: float) -> str:
    return spoken(timedelta(seconds=seconds))
