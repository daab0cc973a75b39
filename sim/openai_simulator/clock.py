"""The simulator's one source of time: real time plus an offset that whoever steers it may move.

The offset is told (`jump_to`), or shared with the other processes of a world, and then a jump only wakes. Every held
answer (slow, hanging, dripping) sleeps here, so that moving the offset moves them all.
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
        """Returns once `time()` has advanced by so many seconds."""
        ...


class OffsetClock:
    """Real time plus an offset; a jump of the offset wakes the sleepers it makes due.

    It belongs to one event loop: `jump` is called from there.
    """

    def __init__(self, offset_seconds: float = 0.0, shared_offset: Callable[[], float] | None = None) -> None:
        self._told_offset_seconds = offset_seconds
        self._shared_offset = shared_offset
        self._sleepers: dict[asyncio.Event, float] = {}
        self._changes = 0

    @property
    def offset_seconds(self) -> float:
        return self._told_offset_seconds if self._shared_offset is None else self._shared_offset()

    @property
    def sleepers(self) -> int:
        """How many answers are held back now."""
        return len(self._sleepers)

    @property
    def changes(self) -> int:
        """Another number whenever an answer began to be held, or went on."""
        return self._changes

    @property
    def next_due(self) -> float | None:
        """When the first held answer goes on, in seconds since 1970; None when none is held."""
        return min(self._sleepers.values(), default=None)

    def time(self) -> float:
        return time.time() + self.offset_seconds

    def jump_to(self, offset_seconds: float) -> None:
        """Sets the offset, unless it is shared, and wakes the sleepers.

        Raises:
            ValueError: it would turn time back.
        """
        if self._shared_offset is None:
            if offset_seconds < self._told_offset_seconds:
                told = self._told_offset_seconds
                raise ValueError(f"time does not go back: the offset is {told} s, not {offset_seconds} s")
            self._told_offset_seconds = offset_seconds
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
    """Waits for the jump, but no longer than so many real seconds."""
    try:
        async with asyncio.timeout(seconds):
            await jumped.wait()
    except TimeoutError:
        return
