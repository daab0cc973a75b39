"""The retry budget of one invocation: back-off with jitter, `Retry-After` if it fits, and a stop before the
deadline."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rawk.domain.errors import AIRateLimited, RawkError
from rawk.log import log
from rawk.ports import Clock, Randomness


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential back-off: the n-th wait lies between half and the whole of `first_wait · 2ⁿ`, at most `longest`."""

    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 20.0
    tries: int = 5
    shortest_call_seconds: float = 1.0
    """No try starts with less time than this before the budget ends."""

    def wait_seconds(self, tries_made: int, randomness: Randomness) -> float:
        whole = min(self.first_wait_seconds * 2.0 ** (tries_made - 1), self.longest_wait_seconds)
        return whole / 2 + randomness.random() * whole / 2


class OutOfTime(RawkError):
    """There was no time for the first try."""


@dataclass(slots=True)
class RetryBudget:
    """The time of one invocation, shared by all its calls."""

    ends_at: datetime
    clock: Clock
    randomness: Randomness
    policy: RetryPolicy

    def remaining_seconds(self) -> float:
        return (self.ends_at - self.clock.now()).total_seconds()

    def run[Result](self, attempt: Callable[[float], Result], worth_retrying: Callable[[RawkError], bool]) -> Result:
        """Call `attempt(remaining_seconds)` until it succeeds, fails permanently, or tries or time run out.

        Raises what the last try raised; OutOfTime if there was no time for even one.
        """
        tries_made = 0
        while True:
            remaining_seconds = self.remaining_seconds()
            if remaining_seconds < self.policy.shortest_call_seconds:
                raise OutOfTime("the invocation's time is used up")
            try:
                return attempt(remaining_seconds)
            except RawkError as error:
                tries_made += 1
                wait_seconds = self._wait_seconds(error, tries_made)
                if not worth_retrying(error) or not self._another_try_fits(tries_made, wait_seconds):
                    raise
                log.warning("retrying", error=str(error), tries_made=tries_made, wait_seconds=round(wait_seconds, 3))
            self.clock.sleep(wait_seconds)

    def _wait_seconds(self, error: RawkError, tries_made: int) -> float:
        requested = error.retry_after_seconds if isinstance(error, AIRateLimited) else None
        return max(self.policy.wait_seconds(tries_made, self.randomness), requested or 0.0)

    def _another_try_fits(self, tries_made: int, wait_seconds: float) -> bool:
        starts_at = self.clock.now() + timedelta(seconds=wait_seconds)
        ends_at = starts_at + timedelta(seconds=self.policy.shortest_call_seconds)
        return tries_made < self.policy.tries and ends_at < self.ends_at
