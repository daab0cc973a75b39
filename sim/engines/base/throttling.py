"""The worker held back by a reservation of none, and how often that was felt."""

from collections.abc import Callable
from typing import Protocol

from sim.localstack.chaos_client import Chaos


class Tries(Protocol):
    """Counts what ran into the brake."""

    def so_far(self) -> int: ...
    def end(self) -> int:
        """The final count; nothing is counted after it."""


class InvocationsTried:
    """What the emulator's mapping tried, counted by a rule that breaks nothing."""

    def __init__(self, chaos: Chaos, function: str) -> None:
        called = {"service": "lambda", "operation": "Invoke", "resource": f"{function}$", "callers": ["mapping"]}
        self._chaos, self._rule_id = chaos, chaos.add({**called, "effect": "count"})

    def so_far(self) -> int:
        return self._chaos.times_triggered(self._rule_id)

    def end(self) -> int:
        return self._chaos.remove(self._rule_id)


class JobsWaiting:
    """The most jobs that were there while nobody could work: what anyone can see from outside.

    CloudWatch counts throttled invocations, but tells of them minutes later.
    """

    def __init__(self, jobs: Callable[[], int]) -> None:
        self._jobs, self._most = jobs, 0

    def so_far(self) -> int:
        self._most = max(self._most, self._jobs())
        return self._most

    def end(self) -> int:
        return self.so_far()


class Throttling:
    """In force from the moment it is made until `stop`."""

    def __init__(self, reserve: Callable[[int | None], None], tries: Tries) -> None:
        """`reserve` sets the worker's reserved concurrency; None lifts it."""
        self._reserve, self._tries = reserve, tries
        self._final: int | None = None
        reserve(0)

    @property
    def times_triggered(self) -> int:
        return self._tries.so_far() if self._final is None else self._final

    def stop(self) -> None:
        if self._final is None:
            try:
                final = self._tries.end()
            finally:
                self._reserve(None)  # whatever can not be counted: nobody else would let them run again
            self._final = final
