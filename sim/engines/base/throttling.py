"""Throttling of the worker by a reserved concurrency of 0, and how many invocations it affected."""

from collections.abc import Callable
from typing import Protocol

from sim.localstack.chaos_client import Chaos


class AttemptCounter(Protocol):
    """Counts what the throttling affects."""

    def so_far(self) -> int: ...
    def end(self) -> int:
        """Stop counting; returns the final count."""


class ThrottledInvocations:
    """Invocations that the emulator's event source mapping tried, counted by a rule that changes nothing."""

    def __init__(self, chaos: Chaos, function: str) -> None:
        rule = {"service": "lambda", "operation": "Invoke", "resource": f"{function}$", "callers": ["mapping"]}
        self._chaos, self._rule_id = chaos, chaos.add({**rule, "effect": "count"})

    def so_far(self) -> int:
        return self._chaos.times_triggered(self._rule_id)

    def end(self) -> int:
        return self._chaos.remove(self._rule_id)


class JobsWaiting:
    """The highest number of jobs in the queue while the worker is throttled: visible from outside AWS.

    CloudWatch counts throttled invocations as well, but publishes them minutes later.
    """

    def __init__(self, jobs: Callable[[], int]) -> None:
        self._jobs, self._most = jobs, 0

    def so_far(self) -> int:
        self._most = max(self._most, self._jobs())
        return self._most

    def end(self) -> int:
        return self.so_far()


class Throttling:
    """In force from its construction until `stop`."""

    def __init__(self, reserve: Callable[[int | None], None], attempts: AttemptCounter) -> None:
        """`reserve` sets the worker's reserved concurrency; None removes the reservation."""
        self._reserve, self._attempts = reserve, attempts
        self._final: int | None = None
        reserve(0)

    @property
    def times_triggered(self) -> int:
        return self._attempts.so_far() if self._final is None else self._final

    def stop(self) -> None:
        """Remove the reservation; further calls do nothing. Raises what counting or removing raises."""
        if self._final is None:
            try:
                final = self._attempts.end()
            finally:
                self._reserve(None)  # also when counting fails: nothing else would let workers run again
            self._final = final
