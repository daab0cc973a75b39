"""How a simulation waits. `wait_until` is the only way to pass time, and every wait has a limit.

A `VirtualClock` does not wait in real time: when no part of the world is busy, it jumps to the next moment at which
something is due. The parts of the world report whether they are busy and what is due (`World.activity`).
"""

import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

POLL_SECONDS = 0.05
FIRST_PATIENCE_SECONDS = 0.012
LONGEST_PATIENCE_SECONDS = 0.02
"""In real time: how long a busy world may delay its answer, at the first question and at later ones.

A run of the relay takes about eight milliseconds, so the first answer usually finds the world at rest.
"""

STUCK_AFTER_REAL_SECONDS = 90.0
JUST_AFTER_SECONDS = 0.001
"""A jump ends just after the moment that it is for, so that every comparison finds that moment in the past."""


class WorldStuck(Exception):
    """A part of the world has been busy for too long in real time; the text says which."""


class Unavailable(Exception):
    """A condition could not be evaluated, because what it looks at gives no usable answer at the moment."""


def never() -> bool:
    """The condition for letting time pass. It looks at nothing, so it cannot make the world busy."""
    return False


class SimulationClock(Protocol):
    @property
    def patience(self) -> timedelta:
        """The longest wait for a condition on this clock; longer limits are cut to it."""

    def now(self) -> datetime: ...

    def virtual_at(self, real_seconds: float) -> float:
        """The virtual time that it was at a moment of the machine's clock; both in seconds since 1970."""

    def wait_until(self, condition: Callable[[], bool], within: timedelta) -> bool:
        """Let time pass until the condition is true; False when it was not within the duration."""

    def before_jump(self, act: Callable[[], bool]) -> Callable[[], None]:
        """Call `act` before each jump; it returns whether it did something. Returns a function that removes it."""


class RealClock:
    """Waits in real time by polling."""

    def __init__(self, poll_seconds: float = POLL_SECONDS) -> None:
        self._poll_seconds = poll_seconds

    def now(self) -> datetime:
        return datetime.now(UTC)

    def virtual_at(self, real_seconds: float) -> float:
        return real_seconds

    def wait_until(self, condition: Callable[[], bool], within: timedelta) -> bool:
        ends_at = time.monotonic() + within.total_seconds()
        while True:
            if condition():
                return True
            if time.monotonic() >= ends_at:
                return False
            time.sleep(self._poll_seconds)


class WaitingClock:
    """The clock of a world in real time: scenarios wait, but not for hours.

    It has no jumps, so it calls what was registered with `before_jump` before it evaluates a condition. It may evaluate
    a condition while a service is down; the condition then counts as not true yet.
    """

    patience = timedelta(minutes=5)

    def __init__(self, poll_seconds: float = 0.25, down: tuple[type[Exception], ...] = ()) -> None:
        """`down` are the errors that a condition raises while a service is down."""
        self._clock = RealClock(poll_seconds)
        self._down = down
        self._before_each_evaluation: list[Callable[[], bool]] = []

    def now(self) -> datetime:
        return self._clock.now()

    def virtual_at(self, real_seconds: float) -> float:
        return real_seconds

    def before_jump(self, act: Callable[[], bool]) -> Callable[[], None]:
        self._before_each_evaluation.append(act)
        return lambda: self._before_each_evaluation.remove(act)

    def wait_until(self, condition: Callable[[], bool], within: timedelta) -> bool:
        def evaluate() -> bool:
            for act in list(self._before_each_evaluation):
                act()
            try:
                return condition()
            except self._down:
                return False

        return self._clock.wait_until(evaluate, within)


@dataclass(frozen=True)
class Activity:
    """What the world reported at one moment. Times are seconds since 1970, in virtual time."""

    now: float
    busy: tuple[str, ...]
    next_due: float | None
    version: tuple[int, ...]
    """Changes whenever anything begins or ends."""


class World(Protocol):
    """A world whose time a VirtualClock controls."""

    def activity(self, patience_seconds: float = 0.0) -> Activity:
        """What is going on. While the world is busy, the answer may be delayed by up to `patience_seconds` of real
        time."""

    def jump(self, seconds: float) -> None:
        """Move virtual time forward, and let the world start what has become due."""


class VirtualClock:
    """Jumps from one due moment to the next; passes in real time only while the world is busy."""

    patience = timedelta.max

    def __init__(self, world: World) -> None:
        self._world = world
        self._before_jump: list[Callable[[], bool]] = []
        self._jumped_at = [float("-inf")]
        """Moments of the machine's clock, each right before a jump."""
        self._offsets = [0.0]
        """How far virtual time is ahead from that moment on."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._world.activity().now, UTC)

    def virtual_at(self, real_seconds: float) -> float:
        return real_seconds + self._offsets[bisect_right(self._jumped_at, real_seconds) - 1]

    def before_jump(self, act: Callable[[], bool]) -> Callable[[], None]:
        """Call `act` before each jump; when it returns True it did something, and the clock does not jump.

        Returns a function that removes it.
        """
        self._before_jump.append(act)
        return lambda: self._before_jump.remove(act)

    def wait_until(self, condition: Callable[[], bool], within: timedelta) -> bool:
        """Raises WorldStuck."""
        ends_at = self._world.activity().now + within.total_seconds()
        while True:
            now = self._come_to_rest()
            if condition is not never:
                if condition():
                    return True
                now = self._world.activity()
                if now.busy:
                    continue  # evaluating the condition made the world busy
            if now.now >= ends_at:
                return False
            if any(act() for act in list(self._before_jump)):
                continue
            due = min(ends_at, now.next_due if now.next_due is not None else ends_at)
            self._jump(max(due - now.now, 0.0) + JUST_AFTER_SECONDS)

    def advance(self, seconds: float, within_real_seconds: float) -> float:
        """Jump at most so far, from one due moment to the next, and only while nothing is busy.

        It returns after the real time given at the latest, with the seconds that it jumped; 0 if the world stays busy.
        With 0 seconds it only does what is to be done before a jump. For who shows time while it passes.
        """
        give_up_at = time.monotonic() + within_real_seconds
        jumped = 0.0
        while (now := self._rest_before(give_up_at)) is not None:
            if any(act() for act in list(self._before_jump)):
                if time.monotonic() > give_up_at:
                    break
                continue
            if jumped >= seconds:
                break
            due = now.next_due - now.now + JUST_AFTER_SECONDS if now.next_due is not None else seconds
            step = min(max(due, JUST_AFTER_SECONDS), seconds - jumped)
            self._jump(step)
            jumped += step
        return jumped

    def hold(self, moment: float) -> bool:
        """Set time back to a moment of this rest, so that it stands still; False if anything is busy.

        `moment` is in seconds since 1970. What is at rest reads no clock but to wait, so it notices nothing.
        """
        now = self._rest_before(0.0)
        if now is None:
            return False
        self._jump(moment - now.now)
        return True

    def look(self) -> Activity:
        """What is going on, and what is due."""
        return self._world.activity()

    def _rest_before(self, give_up_at: float) -> Activity | None:
        """The report of a world at rest, which two reports in a row show; None if it is busy until then."""
        earlier = self._world.activity(FIRST_PATIENCE_SECONDS)
        while True:
            current = self._world.activity(LONGEST_PATIENCE_SECONDS if earlier.busy else 0.0)
            if not current.busy and not earlier.busy and current.version == earlier.version:
                return current
            if time.monotonic() > give_up_at:
                return None
            earlier = current

    def _jump(self, seconds: float) -> None:
        # Noted before the jump: the world is at rest until it, and busy with what is due right after it.
        self._jumped_at.append(time.time())
        self._offsets.append(self._offsets[-1] + seconds)
        self._world.jump(seconds)

    def _come_to_rest(self) -> Activity:
        """Wait in real time until two reports in a row are the same and not busy; returns that report.

        Raises WorldStuck.
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
