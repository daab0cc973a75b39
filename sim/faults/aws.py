"""What AWS calls can run into: rules of the emulator's Chaos API as values; `storage` and `queue` name them.

faults.storage.put_fails().first(2)
faults.storage.get_fails().sometimes(0.3, seed=7)
faults.queue.throttled().during(lasting=minutes(10), after=minutes(1))
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Protocol

from sim.clock.durations import spoken
from sim.localstack.chaos_client import Chaos
from sim.localstack.extension.rawk_emulator.chaos.parsing import read_rule
from sim.provisioning.pipeline import Pipeline

Duration = float | timedelta
"""Seconds, or a duration such as `minutes(2)`."""

FUNCTIONS = ("function",)
EVERYBODY = ("http", "mapping")
HELD_POLL_SECONDS = 0.01


class AwsWorld(Protocol):
    """What these faults need of a world: the emulator's faults, and the names of what they are about."""

    @property
    def chaos(self) -> Chaos: ...

    @property
    def pipeline(self) -> Pipeline: ...


class Named(Protocol):
    """The names of a pipeline's parts: all that a rule says of whom it is about."""

    @property
    def name(self) -> str: ...

    @property
    def audio_bucket(self) -> str: ...

    @property
    def jobs_queue_url(self) -> str: ...

    @property
    def worker_function(self) -> str: ...


def the_bucket(pipeline: Named) -> str:
    return f"{pipeline.audio_bucket}$"


def the_jobs_queue(pipeline: Named) -> str:
    return f"{pipeline.jobs_queue_url.rsplit('/', 1)[-1]}$"


def every_queue(pipeline: Named) -> str:
    return f"{pipeline.name}-"


@dataclass(frozen=True)
class AwsFault:
    """A rule, and what it is about. Narrow it down with the methods; each gives a new value.

    Raises InvalidRequest, a ValueError, when the rule cannot be meant.
    """

    family: str
    words: str
    about: Callable[[Named], str]
    rule: Mapping[str, Any]
    narrowed: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        read_rule(dict(self.rule))

    def first(self, calls: int) -> "AwsFault":
        """Only the first so many calls. The product's boto3 calls twice before it gives up, and both are counted."""
        return self._narrowed("the first call" if calls == 1 else f"the first {calls} calls", first=calls)

    def only_call(self, nth: int) -> "AwsFault":
        """Only the n-th call, counted from 1."""
        return self._narrowed(f"call number {nth}", nth=nth)

    def sometimes(self, probability: float, seed: int) -> "AwsFault":
        """By chance, decided by the seed and the number of the call alone."""
        return self._narrowed(f"{probability:.0%} of the calls", probability=probability, seed=seed)

    def during(self, lasting: Duration, after: Duration = 0.0) -> "AwsFault":
        """Only for a while, beginning so long after it was switched on."""
        after_seconds, for_seconds = seconds_of(after), seconds_of(lasting)
        words = f"for {in_words(for_seconds)}" + (f" after {in_words(after_seconds)}" if after_seconds else "")
        return self._narrowed(words, window={"after": after_seconds, "for": for_seconds})

    def for_object(self, key: str) -> "AwsFault":
        """Only one object in the bucket, such as one memory's audio: a memory's id is the end of its key."""
        return replace(self._narrowed(f"object {key}"), rule={**self.rule, "resource": [f"{key}$"]})

    def describe(self) -> str:
        return self.words + (f" ({', '.join(self.narrowed)})" if self.narrowed else "")

    def start(self, world: AwsWorld) -> "ActiveAwsFault":
        """Puts the rule in place."""
        resource = [self.about(world.pipeline), *self.rule.get("resource", [])]
        return ActiveAwsFault(world.chaos, world.chaos.add({**self.rule, "resource": resource}))

    def _narrowed(self, words: str, **marks: object) -> "AwsFault":
        return replace(self, rule={**self.rule, **marks}, narrowed=(*self.narrowed, words))


class ActiveAwsFault:
    """A rule in place."""

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
    """Acts once, when a call is held by the emulator, and then lets go of it.

    A thread watches: the world is busy meanwhile, so its time stays.
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


def seconds_of(duration: Duration) -> float:
    return duration.total_seconds() if isinstance(duration, timedelta) else float(duration)


def in_words(seconds: float) -> str:
    return spoken(timedelta(seconds=seconds))
