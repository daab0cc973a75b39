"""What viewers did in a run, in order and with its time: the source of a saved scenario."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Click:
    """`at` is in virtual seconds since the run's start. What became of it is added to the arguments."""

    at: float
    action: str
    arguments: dict[str, Any]


class ClickLog:
    """Grows while the run lasts."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.clicks: list[Click] = []

    def add(self, action: str, **arguments: Any) -> Click:
        """Note something that is being done."""
        click = Click(self._now(), action, arguments)
        self.clicks.append(click)
        return click
