"""The feed of a run while it happens: new lines of the journal, put in the order of virtual time.

Several processes write the journal, and commits and requests to OpenAI are copied into it a moment later. A line
therefore waits until everything older has certainly been read. Otherwise a message could be deleted before the commit
that it was deleted for, and a recording would seem lost.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Protocol

from sim.journal.reading import Line

SETTLED_SECONDS = 0.12
"""In real time: what was written so long ago has been read. A line is written within milliseconds of its event."""

LONGEST_GAP_SECONDS = 10.0
"""In real time: after so long without the commits of a dead database, the feed continues without them."""


class Derive(Protocol):
    """Makes feed events of lines."""

    def add(self, line: Line) -> list[dict[str, Any]]: ...


class LiveFeed:
    """Owned by one thread."""

    def __init__(
        self,
        read: Callable[[], list[Line]],
        copy: Callable[[], bool],
        derive: Derive,
        virtual_at: Callable[[float], float],
        now: Callable[[], float],
    ) -> None:
        """`read` gives the new lines of the journal; `copy` writes into it what other services have recorded, and
        returns whether all of them did; `now` is the machine's time in seconds."""
        self._read = read
        self._copy = copy
        self._derive = derive
        self._virtual_at = virtual_at
        self._now = now
        self._waiting: list[Line] = []
        self._complete_at = now()
        """Everything that happened until then has been copied."""
        self._nothing_is_left = False

    def copy_all(self) -> None:
        """Copy everything now: a service is about to end, and no more of it can come until it is back."""
        self._nothing_is_left = self._copy()

    def pump(self) -> list[dict[str, Any]]:
        """The events that have become certain since the last call."""
        began = self._now()
        if self._copy():
            self._complete_at, self._nothing_is_left = began, False
        elif self._nothing_is_left or began - self._complete_at > LONGEST_GAP_SECONDS:
            self._complete_at = began
        self._waiting += self._read()
        certain_until = self._virtual_at(self._complete_at - SETTLED_SECONDS)
        certain = sorted(
            (line for line in self._waiting if line.virtual_at <= certain_until), key=attrgetter("virtual_at", "number")
        )
        self._waiting = [line for line in self._waiting if line.virtual_at > certain_until]
        return [event for line in certain for event in self._derive.add(line)]
