"""The simulator's one source of time: real time plus an offset.

The offset is set by `jump_to`, or shared with the other processes of a world; in that case a jump only wakes. Every
held answer (slow, hanging, dripping) sleeps here, so that a jump moves all of them.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Where the simulator reads the time and waits."""

    def time(self) -> float:
        """Seconds since 1970."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Returns once `time()` has advanced by the given seconds."""
        ...


class OffsetClock:
    """Real time plus an offset; a jump of the offset wakes the sleepers that it makes due.

    It belongs to one event loop: `jump_to` is called from there.
    """

    def __init__(self, offset_seconds: float = 0.0, shared_offset: Callable[[], float] | None = None) -> None:
        self._own_offset_seconds = offset_seconds
        self._shared_offset = shared_offset
        self._sleepers: dict[asyncio.Event, float] = {}
        self._changes = 0

    @property
    def offset_seconds(self) -> float:
        return self._own_offset_seconds if self._shared_offset is None else self._shared_offset()

    @property
    def sleepers(self) -> int:
        """How many answers are held back now."""
        return len(self._sleepers)

    @property
    def changes(self) -> int:
        """A number that changes whenever an answer begins or ends to be held."""
        return self._changes

    @property
    def next_due(self) -> float | None:
        """When the first held answer is due, in seconds since 1970; None when none is held."""
        return min(self._sleepers.values(), default=None)

    def time(self) -> float:
        return time.time() + self.offset_seconds

    def jump_to(self, offset_seconds: float) -> None:
        """Set the offset, unless it is shared, and wake the sleepers.

        Raises:
            ValueError: it would turn time back.
        """
        if self._shared_offset is None:
            if offset_seconds < self._own_offset_seconds:
                current = self._own_offset_seconds
                raise ValueError(f"time does not go back: the offset is {current} s, not {offset_seconds} s")
            self._own_offset_seconds = offset_seconds
        for sleeper in self._sleepers:
            sleeper.set()

    async def sleep(self, seconds: float) -> None:
        due, jumped = self.time() + seconds, asyncio.Event()
        self._sleepers[jumped] = due
        self._changes += 1
        try:
            while (left_seconds := due - self.time()) > 0:
                jumped.clear()
                await _first(jumped, left_seconds)
        finally:
            del self._sleepers[jumped]
            self._changes += 1


async def _first(jumped: asyncio.Event, seconds: float) -> None:
    """Wait for the jump, for the given real seconds at most."""
    try:
        async with asyncio.timeout(seconds):
            await jumped.wait()
    except TimeoutError:
        return
