"""How a simulation waits. `wait_until` is the only place that passes time; every wait has an end."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

POLL_SECONDS = 0.05


class SimulationClock(Protocol):
    def now(self) -> datetime: ...

    def wait_until(self, condition: Callable[[], bool], within: timedelta) -> bool:
        """Let time pass until the condition holds; False when it did not within the duration."""


class RealClock:
    """Waits by waiting."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def wait_until(self, condition: Callable[[], bool], within: timedelta) -> bool:
        ends_at = time.monotonic() + within.total_seconds()
        while True:
            if condition():
                return True
            if time.monotonic() >= ends_at:
                return False
            time.sleep(POLL_SECONDS)
