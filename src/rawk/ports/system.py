"""Time and random values, the two things that make a run unrepeatable."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The time in UTC, with a time zone."""

    def sleep(self, seconds: float) -> None: ...


class Randomness(Protocol):
    def random(self) -> float:
        """A number from 0 up to, not including, 1."""

    def new_id(self) -> str:
        """A new random UUID as text."""
