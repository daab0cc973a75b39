"""How a simulation waits. `wait_until` is the only way to pass time; every wait has an end.

On a `VirtualClock` nobody waits: whenever nothing in the world happens by itself, its time jumps to the next moment
that something is due. What is *busy* and what is due the parts of the world say themselves (`World.activity`).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

POLL_SECONDS = 0.05
FIRST_PATIENCE_SECONDS = 0.012
LONGEST_PATIENCE_SECONDS = 0.02
"""In real time: how long the world may let us wait for its answer while it is busy, first and later on.

A run of the relay takes some eight milliseconds: it is over within the first, and one question is enough.
"""

STUCK_AFTER_REAL_SECONDS = 90.0
JUST_AFTER_SECONDS = 0.001
"""A jump lands just after the moment, so that whatever compares with it finds it past."""


class WorldStuck(Exception):
    """Something in the world has been busy for so long in real time that it will never end; the text says what."""


def never() -> bool:
    """The condition of whoever only lets time pass. It looks at nothing, and so sets nothing in motion."""
    return False


class SimulationClock(Protocol):
    @property
    def patience(self) -> timedelta:
        """However long a scenario would wait for something to happen, nobody waits longer on this clock."""

    def now(self) -> datetime: ...

    def wait_until(self, condition: Callable[[], bool], within: timedelta) -> bool:
        """Let time pass until the condition holds; False when it did not within the duration."""

    def before_jump(self, act: Callable[[], bool]) -> Callable[[], None]:
        """Call this whenever time is about to go on; if it gives True it did something. Gives what takes it back."""


class RealClock:
    """Waits by waiting."""

    def __init__(self, poll_seconds: float = POLL_SECONDS) -> None:
        self._poll_seconds = poll_seconds

    def now(self) -> datetime:
        return datetime.now(UTC)

    def wait_until(self, condition: Callable[[], bool], within: timedelta) -> bool:
        ends_at = time.monotonic() + within.total_seconds()
        while True:
            if condition():
                return True
            if time.monotonic() >= ends_at:
                return False
            time.sleep(self._poll_seconds)


class WaitingClock:
    """The clock of a world whose time is the machine's: scenarios wait in it, but not for hours.

    Where time does not jump there is no moment before a jump; who asked for one is called at every look instead. And
    looks come at any moment, also while what is looked at is down: it says neither yes nor no then.
    """

    patience = timedelta(minutes=5)

    def __init__(self, poll_seconds: float = 0.25, down: tuple[type[Exception], ...] = ()) -> None:
        """`down` are the errors by which what is looked at shows that it is."""
        self._clock = RealClock(poll_seconds)
        self._down = down
        self._at_each_look: list[Callable[[], bool]] = []

    def now(self) -> datetime:
        return self._clock.now()

    def before_jump(self, act: Callable[[], bool]) -> Callable[[], None]:
        self._at_each_look.append(act)
        return lambda: self._at_each_look.remove(act)

    def wait_until(self, condition: Callable[[], bool], within: timedelta) -> bool:
        def look() -> bool:
            for act in list(self._at_each_look):
                act()
            try:
                return condition()
            except self._down:
                return False

        return self._clock.wait_until(look, within)


@dataclass(frozen=True)
class Activity:
    """What the world said of itself at one moment. Times are seconds since 1970, in the world's time."""

    now: float
    busy: tuple[str, ...]
    next_due: float | None
    version: tuple[int, ...]
    """Other numbers whenever anything began or ended meanwhile."""


class World(Protocol):
    """Whose time a VirtualClock steers."""

    def activity(self, patience_seconds: float = 0.0) -> Activity:
        """What goes on. While the world is busy the answer may wait for its end, so long in real time at most."""

    def jump(self, seconds: float) -> None:
        """Move the world's time forward, and let it see to what has become due."""


class VirtualClock:
    """Jumps from one due moment to the next; runs in real time only while the world is busy."""

    patience = timedelta.max

    def __init__(self, world: World) -> None:
        self._world = world
        self._before_jump: list[Callable[[], bool]] = []

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._world.activity().now, UTC)

    def before_jump(self, act: Callable[[], bool]) -> Callable[[], None]:
        """Call this whenever time is about to jump; if it gives True it did something, and time stays.

        Gives what takes the call back.
        """
        self._before_jump.append(act)
        return lambda: self._before_jump.remove(act)

    def wait_until(self, condition: Callable[[], bool], within: timedelta) -> bool:
        """Raises WorldStuck when the world is busy without end."""
        ends_at = self._world.activity().now + within.total_seconds()
        while True:
            now = self._come_to_rest()
            if condition is not never:
                if condition():
                    return True
                now = self._world.activity()
                if now.busy:
                    continue  # the condition itself set something in motion
            if now.now >= ends_at:
                return False
            if any(act() for act in list(self._before_jump)):
                continue
            due = min(ends_at, now.next_due if now.next_due is not None else ends_at)
            self._world.jump(max(due - now.now, 0.0) + JUST_AFTER_SECONDS)

    def _come_to_rest(self) -> Activity:
        """Wait, in real time, until nothing happens by itself any more: twice the same picture, and nobody busy.

        Gives that picture.
        """
        give_up_at = time.monotonic() + STUCK_AFTER_REAL_SECONDS
        patience_seconds = FIRST_PATIENCE_SECONDS
        earlier = self._world.activity(patience_seconds)
        while True:
            current = self._world.activity(patience_seconds if earlier.busy else 0.0)
            if not current.busy and not earlier.busy and current.version == earlier.version:
                return current
            if time.monotonic() > give_up_at:
                raise WorldStuck(f"busy for {STUCK_AFTER_REAL_SECONDS:g} real seconds with: {', '.join(current.busy)}")
            patience_seconds = min(patience_seconds * 1.5, LONGEST_PATIENCE_SECONDS)
            earlier = current
