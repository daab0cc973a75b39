"""A clock for in-memory adapters under test: its time changes only by `sleep`."""

from datetime import UTC, datetime, timedelta


class SteppingClock:
    def __init__(self) -> None:
        self._now = datetime.now(UTC)

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
