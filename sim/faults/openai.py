"""Failures of OpenAI: every way its API fails, for all calls or for some.

    faults.openai.errors(500).first(2)
    faults.openai.rate_limited(retry_after_seconds=5).for_endpoint("transcription")
    faults.openai.down().with_probability(0.3, seed=7).during(after=minutes(1), lasting=minutes(10))

Each function names an effect. The methods of `OpenAIFault` select the calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal, Protocol
from uuid import uuid4

from sim.clock.durations import spoken
from sim.openai_simulator.client import Space
from sim.openai_simulator.faults.rules import parse_rule
from sim.openai_simulator.refusals import REFUSALS
from sim.openai_simulator.refusals import Why as RefusalWhy
from sim.recordings import Recording

Endpoint = Literal["any", "transcription", "chat", "responses", "models"]
BadAnalysis = Literal[
    "malformed", "schema_breaking", "empty", "refusal", "content_filter", "length", "html", "empty_object"
]
Why = RefusalWhy
Duration = float | timedelta
"""Seconds, or a duration such as `minutes(2)`."""

ON_ENDPOINT: Mapping[Endpoint, str] = {
    "any": "",
    "transcription": " on transcriptions",
    "chat": " on chat completions",
    "responses": " on responses",
    "models": " on models",
}
BAD_ANALYSES: Mapping[BadAnalysis, tuple[str, str]] = {
    "malformed": ("malformed_content", "answers with malformed JSON"),
    "schema_breaking": ("schema_breaking_content", "answers with JSON that violates the schema"),
    "empty": ("empty_content", "answers with empty content"),
    "refusal": ("refusal", "answers with a refusal"),
    "content_filter": ("content_filter", "stops at its content filter"),
    "length": ("length", "stops at its token limit"),
    "html": ("html", "answers 200 with an HTML page"),
    "empty_object": ("empty_object", "answers 200 with {}"),
}


class OpenAIWorld(Protocol):
    """What these faults need: the pipeline's own space in the OpenAI simulator."""

    @property
    def openai(self) -> Space: ...


@dataclass(frozen=True)
class OpenAIFault:
    """A failure of OpenAI calls. Each method returns a narrower fault; the value itself never changes.

    Raises InvalidRequest, a ValueError, for unknown endpoints, impossible numbers or windows, and contradictions such
    as a refusal on transcriptions.
    """

    kind: str
    description: str
    endpoint: Endpoint = "any"
    settings: Mapping[str, float | None] = field(default_factory=dict)
    match: Mapping[str, Any] = field(default_factory=dict)
    narrowed: tuple[str, ...] = ()

    family = "openai"

    def __post_init__(self) -> None:
        parse_rule("fault", self.to_rule())

    def for_endpoint(self, endpoint: Endpoint) -> "OpenAIFault":
        """Only calls of one endpoint."""
        return replace(self, endpoint=endpoint)

    def first(self, calls: int) -> "OpenAIFault":
        """Only the first `calls` calls."""
        return self._narrowed("the first call" if calls == 1 else f"the first {calls} calls", first_calls=calls)

    def only_call(self, nth: int) -> "OpenAIFault":
        """Only the n-th call, counted from 1."""
        return self._narrowed(f"call number {nth}", nth_call=nth)

    def for_recording(self, recording: Recording | str) -> "OpenAIFault":
        """Only calls for one recording; a variant of a recording is selected by its SHA-256."""
        name, digest = (
            (recording.name, recording.sha256) if isinstance(recording, Recording) else (recording[:12], recording)
        )
        return self._narrowed(f"recording {name}", audio_sha256=digest)

    def for_memory(self, memory_id: str) -> "OpenAIFault":
        """Only calls for one memory."""
        return self._narrowed(f"memory {memory_id}", memory_id=memory_id)

    def with_probability(self, probability: float, seed: int) -> "OpenAIFault":
        """Each call with this probability. The seed, the memory and the attempt decide."""
        return self._narrowed(f"{probability:.0%} of the calls", probability=probability, seed=seed)

    def during(self, lasting: Duration, after: Duration = 0.0) -> "OpenAIFault":
        """Only for the time `lasting` (seconds or a duration), from `after` the activation on."""
        after_seconds, for_seconds = _seconds(after), _seconds(lasting)
        description = f"for {_spoken(for_seconds)}" + (f" after {_spoken(after_seconds)}" if after_seconds else "")
        return self._narrowed(description, after_seconds=after_seconds, for_seconds=for_seconds)

    def advising(self, *, retry: bool) -> "OpenAIFault":
        """With the header `x-should-retry`, by which OpenAI says whether a client should call again."""
        narrowed = (*self.narrowed, f"x-should-retry: {'true' if retry else 'false'}")
        return replace(self, settings={**self.settings, "should_retry": int(retry)}, narrowed=narrowed)

    def describe(self) -> str:
        """The sentence for the report."""
        calls = f" ({', '.join(self.narrowed)})" if self.narrowed else ""
        return f"OpenAI {self.description}{ON_ENDPOINT[self.endpoint]}{calls}"

    def to_rule(self) -> dict[str, Any]:
        """The rule in the format of the simulator's control API."""
        return {"match": {"endpoint": self.endpoint, **self.match}, "effect": {"kind": self.kind, **self.settings}}

    def start(self, world: OpenAIWorld) -> "ActiveOpenAIFault":
        """Add the rule to the simulator."""
        return ActiveOpenAIFault(world.openai, world.openai.add_fault(self.to_rule(), f"openai-{uuid4().hex[:12]}"))

    def _narrowed(self, description: str, **match: float | str) -> "OpenAIFault":
        return replace(self, match={**self.match, **match}, narrowed=(*self.narrowed, description))


@dataclass
class ActiveOpenAIFault:
    """A rule while it is active."""

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
    return OpenAIFault("status", "answers 503", endpoint, {"status": 503})


def errors(status: int = 500, times: int | None = None, endpoint: Endpoint = "any") -> OpenAIFault:
    """Any error status, such as 500, 502, 503, 529, 408 or 409."""
    return _first(OpenAIFault("status", f"answers {status}", endpoint, {"status": status}), times)


def rate_limited(
    retry_after_seconds: Duration | None = None, times: int | None = None, endpoint: Endpoint = "any"
) -> OpenAIFault:
    """429 `rate_limit_exceeded`, with a `Retry-After` header if `retry_after_seconds` is given."""
    wait_seconds = None if retry_after_seconds is None else _seconds(retry_after_seconds)
    header = "" if wait_seconds is None else f" with Retry-After {_spoken(wait_seconds)}"
    settings = {"retry_after_seconds": wait_seconds}
    return _first(OpenAIFault("rate_limited", f"answers 429{header}", endpoint, settings), times)


def quota_exhausted(endpoint: Endpoint = "any") -> OpenAIFault:
    """429 `insufficient_quota`: the budget is used up, and waiting does not help."""
    return OpenAIFault("quota_exhausted", "answers 429 insufficient_quota", endpoint)


def refuses(why: Why = "nothing_said", endpoint: Endpoint = "any") -> OpenAIFault:
    """An error whose code, type and wording name the cause, which its status does not, as OpenAI and its gateways send.

    Raises:
        ValueError: there is no such refusal.
    """
    if why not in REFUSALS:
        raise ValueError(f"there is no refusal {why!r}; the refusals are {', '.join(REFUSALS)}")
    description = f"answers {REFUSALS[why].status} ({why.replace('_', ' ')})"
    return OpenAIFault(f"refuses_{why}", description, endpoint)


def wrong_key(endpoint: Endpoint = "any") -> OpenAIFault:
    """401 `invalid_api_key`, as for a key that was revoked."""
    return OpenAIFault("wrong_key", "answers 401 invalid_api_key", endpoint)


def forbidden(endpoint: Endpoint = "any") -> OpenAIFault:
    """403, as for a country that is not served."""
    return OpenAIFault("forbidden", "answers 403", endpoint)


def retired_model(endpoint: Endpoint = "any") -> OpenAIFault:
    """404 `model_not_found`, as for a model past its shutdown date."""
    return OpenAIFault("unknown_model", "answers 404 model_not_found", endpoint)


def slow(seconds: Duration, endpoint: Endpoint = "any") -> OpenAIFault:
    """The right response, after the duration."""
    return OpenAIFault("slow", f"answers after {_spoken(_seconds(seconds))}", endpoint, {"seconds": _seconds(seconds)})


def hanging(endpoint: Endpoint = "any") -> OpenAIFault:
    """No response for ten minutes, then the connection ends."""
    return OpenAIFault("hang", "never answers", endpoint)


def dripping(pause: Duration = 1.0, piece_bytes: int = 1, endpoint: Endpoint = "any") -> OpenAIFault:
    """The right response, a few bytes at a time, so that no read exceeds a read timeout."""
    settings: dict[str, float | None] = {"pause_seconds": _seconds(pause), "piece_bytes": piece_bytes}
    size = "1 byte" if piece_bytes == 1 else f"{piece_bytes} bytes"
    description = f"sends {size} of its response every {_spoken(_seconds(pause))}"
    return OpenAIFault("drip", description, endpoint, settings)


def refused(endpoint: Endpoint = "any") -> OpenAIFault:
    """The connection is reset before the request body is read: nothing is done, nothing is billed."""
    return OpenAIFault("refuse", "resets connections before reading the request", endpoint)


def resets(endpoint: Endpoint = "any") -> OpenAIFault:
    """The connection is reset instead of the response: the call was executed and is billed."""
    return OpenAIFault("reset", "resets connections instead of responding", endpoint)


def truncated(endpoint: Endpoint = "any") -> OpenAIFault:
    """The response and its connection end in the middle."""
    return OpenAIFault("truncate", "sends half of its response", endpoint)


def html_page(status: int = 200, endpoint: Endpoint = "any") -> OpenAIFault:
    """A proxy's HTML page instead of JSON."""
    return OpenAIFault("html", f"answers {status} with an HTML page", endpoint, {"status": status})


def empty_object(endpoint: Endpoint = "any") -> OpenAIFault:
    """200 with `{}`."""
    return OpenAIFault("empty_object", "answers 200 with {}", endpoint)


def redirects(status: int = 307, endpoint: Endpoint = "any") -> OpenAIFault:
    """A redirect to another host, where the call would be answered and recorded."""
    return OpenAIFault("redirect", f"answers {status} with the address of another host", endpoint, {"status": status})


def oversized(mebibytes: int = 32, endpoint: Endpoint = "any") -> OpenAIFault:
    """200 with a JSON text of that size."""
    return OpenAIFault("oversized", f"answers with {mebibytes} MiB", endpoint, {"mebibytes": mebibytes})


def decompression_bomb(mebibytes: int = 256, endpoint: Endpoint = "any") -> OpenAIFault:
    """200 with a JSON text of that size, compressed by gzip a thousandfold."""
    description = f"answers with {mebibytes} MiB in a small gzip stream"
    return OpenAIFault("bomb", description, endpoint, {"mebibytes": mebibytes})


def bad_analysis(kind: BadAnalysis = "malformed", endpoint: Endpoint = "chat") -> OpenAIFault:
    """200 with an analysis that cannot be used.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in BAD_ANALYSES:
        raise ValueError(f"there is no kind {kind!r} of bad analysis; the kinds are {', '.join(BAD_ANALYSES)}")
    effect, description = BAD_ANALYSES[kind]
    return OpenAIFault(effect, description, endpoint)


def unreadable_audio() -> OpenAIFault:
    """400: the audio is corrupted or in a format that OpenAI does not support."""
    return OpenAIFault("bad_audio", "answers 400 (unreadable audio)", "transcription")


def audio_too_large() -> OpenAIFault:
    """413, whose `type` is `server_error`, as at OpenAI."""
    return OpenAIFault("too_large", "answers 413 (audio too large)", "transcription")


def empty_transcript() -> OpenAIFault:
    """200 with an empty transcript, as for silence."""
    return OpenAIFault("empty_text", "answers with an empty transcript", "transcription")


def _first(fault: OpenAIFault, times: int | None) -> OpenAIFault:
    return fault if times is None else fault.first(times)


def _seconds(duration: Duration) -> float:
    return duration.total_seconds() if isinstance(duration, timedelta) else float(duration)


def _spoken(seconds: float) -> str:
    return spoken(timedelta(seconds=seconds))
