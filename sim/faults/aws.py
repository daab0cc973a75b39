"""Failures of AWS calls: rules of the emulator's Chaos API as values. `storage` and `queue` offer them by name.

faults.storage.put_fails().first(2)
faults.storage.get_fails().with_probability(0.3, seed=7)
faults.queue.throttled().during(lasting=minutes(10), after=minutes(1))
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Protocol

from sim.clock.durations import spoken
from sim.localstack.chaos_client import Chaos
from sim.localstack.extension.rawk_emulator.chaos import answers
from sim.localstack.extension.rawk_emulator.chaos.parsing import read_rule
from sim.provisioning.pipeline import Pipeline

Duration = float | timedelta
"""Seconds, or a duration such as `minutes(2)`."""

AnswerKind = answers.AnswerKind

FUNCTIONS = ("function",)
EVERY_CALLER = ("http", "mapping")
HELD_POLL_SECONDS = 0.01


class AwsWorld(Protocol):
    """What these faults need: the emulator's Chaos API and the pipeline's names."""

    @property
    def chaos(self) -> Chaos: ...

    @property
    def pipeline(self) -> Pipeline: ...


class ResourceNames(Protocol):
    """The names of a pipeline's resources, by which a rule selects calls."""

    @property
    def name(self) -> str: ...

    @property
    def audio_bucket(self) -> str: ...

    @property
    def jobs_queue_url(self) -> str: ...

    @property
    def worker_function(self) -> str: ...


def the_bucket(pipeline: ResourceNames) -> str:
    return f"{pipeline.audio_bucket}$"


def the_jobs_queue(pipeline: ResourceNames) -> str:
    return f"{pipeline.jobs_queue_url.rsplit('/', 1)[-1]}$"


def every_queue(pipeline: ResourceNames) -> str:
    return f"{pipeline.name}-"


@dataclass(frozen=True)
class AwsFault:
    """A failure of AWS calls. Each method returns a narrower fault; the value itself never changes.

    Raises InvalidRequest, a ValueError, for an impossible rule.
    """

    family: str
    description: str
    resource_of: Callable[[ResourceNames], str]
    rule: Mapping[str, Any]
    narrowed: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        read_rule(dict(self.rule))

    def first(self, calls: int) -> "AwsFault":
        """Only the first `calls` calls. The product's boto3 tries a call twice, and both count."""
        return self._narrowed("the first call" if calls == 1 else f"the first {calls} calls", first=calls)

    def only_call(self, nth: int) -> "AwsFault":
        """Only the n-th call, counted from 1."""
        return self._narrowed(f"call number {nth}", nth=nth)

    def with_probability(self, probability: float, seed: int) -> "AwsFault":
        """Each call with this probability. The seed and the number of the call decide."""
        return self._narrowed(f"{probability:.0%} of the calls", probability=probability, seed=seed)

    def during(self, lasting: Duration, after: Duration = 0.0) -> "AwsFault":
        """Only for the time `lasting` (seconds or a duration), from `after` the activation on."""
        after_seconds, for_seconds = seconds_of(after), seconds_of(lasting)
        description = f"for {in_words(for_seconds)}" + (f" after {in_words(after_seconds)}" if after_seconds else "")
        return self._narrowed(description, window={"after": after_seconds, "for": for_seconds})

    def for_object(self, key: str) -> "AwsFault":
        """Only objects whose key contains this text. A key contains the id of its memory, which selects its audio."""
        return replace(self._narrowed(f"object {key}"), rule={**self.rule, "resource": [key]})

    def describe(self) -> str:
        """The sentence for the report."""
        return self.description + (f" ({', '.join(self.narrowed)})" if self.narrowed else "")

    def start(self, world: AwsWorld) -> "ActiveAwsFault":
        """Add the rule to the Chaos API."""
        resource = [self.resource_of(world.pipeline), *self.rule.get("resource", [])]
        return ActiveAwsFault(world.chaos, world.chaos.add({**self.rule, "resource": resource}))

    def _narrowed(self, description: str, **fields: object) -> "AwsFault":
        return replace(self, rule={**self.rule, **fields}, narrowed=(*self.narrowed, description))


class ActiveAwsFault:
    """A rule while it is active."""

    def __init__(self, chaos: Chaos, rule_id: str) -> None:
        self._chaos = chaos
        self._rule_id = rule_id
        self._final: int | None = None

    @property
    def times_triggered(self) -> int:
        return self._final if self._final is not None else self._chaos.times_triggered(self._rule_id)

    def stop(self) -> None:
        if self._final is None:
            self._final = self._chaos.remove(self._rule_id)


class ActiveHold:
    """Acts once when the emulator holds a call, and then releases the call.

    A thread watches for the call. The world is busy meanwhile, so virtual time does not jump.
    """

    def __init__(self, world: AwsWorld, rule: Mapping[str, Any], act: Callable[[], int]) -> None:
        self._rule = ActiveAwsFault(world.chaos, world.chaos.add(rule))
        self._act = act
        self._acted_on = 0
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._act_when_triggered, name="held-call", daemon=True)
        self._watch.start()

    @property
    def times_triggered(self) -> int:
        return self._acted_on

    def stop(self) -> None:
        self._stopping.set()
        self._watch.join(10)
        self._rule.stop()

    def _act_when_triggered(self) -> None:
        while not self._stopping.wait(HELD_POLL_SECONDS):
            if self._rule.times_triggered:
                self._acted_on = self._act()
                self._rule.stop()
                return


ANSWERS: Mapping[AnswerKind, str] = {
    "empty": "an empty body",
    "html": "a page of HTML",
    "other_json": "other JSON",
    "error_body": "an error in the body",
    "truncated": "a body that breaks off",
    "partial": "its answer without identifiers",
}


def answering(service: str, kind: AnswerKind) -> dict[str, Any]:
    """The fields of a rule for an answer with status 200 that is no success. Raises ValueError for an unknown kind."""
    if kind not in ANSWERS:
        raise ValueError(f"`kind` must be one of {', '.join(ANSWERS)}, not {kind!r}")
    return {"service": service, "effect": "answer", "answer": kind}


def seconds_of(duration: Duration) -> float:
    return duration.total_seconds() if isinstance(duration, timedelta) else float(duration)


def in_words(seconds: float) -> str:
    return spoken(timedelta(seconds=seconds))
