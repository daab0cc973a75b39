"""How fast time passes while viewers watch: as on a wall clock, faster, not at all, or a long time in some seconds.

A jump is shown as it happens: it stops at every moment at which something is due, and goes on once that is done.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from sim.clock.clocks import JUST_AFTER_SECONDS, Activity
from sim.clock.durations import spoken
from sim.demo.errors import BadArguments

RATES = (1, 60)
LONGEST_SKIP_SECONDS = 7 * 86_400.0
TICK_SECONDS = 0.1
SHORTEST_SHOWN_SECONDS, LONGEST_SHOWN_SECONDS = 1.0, 15.0


class Clock(Protocol):
    """A clock whose time can be moved forward by and by."""

    def look(self) -> Activity: ...
    def advance(self, seconds: float, within_real_seconds: float) -> float: ...
    def hold(self, moment: float) -> bool: ...


@dataclass
class Jump:
    """A long time that passes in some real seconds. Times are seconds since 1970, in virtual time."""

    began: float
    ends: float
    real_seconds: float
    text: str
    until: Callable[[], bool] | None = None
    """It also ends as soon as this is true."""

    @property
    def rate(self) -> float:
        return (self.ends - self.began) / self.real_seconds


class Pacing:
    """Decides at every tick how far time may jump. Owned by one thread."""

    def __init__(self, clock: Clock, real_seconds: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._real_seconds = real_seconds
        self._last_tick = self._began_real = real_seconds()
        activity = clock.look()
        self.now = self._began = activity.now
        """Virtual time at the last tick."""
        self.next_due = activity.next_due
        self.is_paused = False
        self.rate: float = 1
        self.jump: Jump | None = None
        self._held_at: float | None = None
        self.ends_at: float | None = None
        """Time does not jump beyond this moment of a wait."""

    @property
    def is_fast(self) -> bool:
        """Time is sped up."""
        return not self.is_paused and (self.jump is not None or self.rate > 1)

    # what a viewer does

    def play(self) -> None:
        """Time passes again."""
        self.is_paused = False

    def pause(self) -> None:
        """Time stands still, as soon as nothing is busy. A jump goes on afterwards."""
        self.is_paused, self._held_at = True, None

    def set_rate(self, rate: float) -> None:
        """So many virtual seconds in one real second, from now on. Raises BadArguments."""
        if not isinstance(rate, int | float) or isinstance(rate, bool) or not 1 <= rate <= 3600:
            raise BadArguments(f"a rate is a number from 1 to 3600, not {rate!r}")
        self.rate, self.is_paused, self.jump = rate, False, None

    def skip(self, seconds: float, real_seconds: float | None = None, until: Callable[[], bool] | None = None) -> Jump:
        """Let so much time pass in a few real seconds. Raises BadArguments."""
        number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if not number or not 0 < seconds <= LONGEST_SKIP_SECONDS:
            raise BadArguments(f"time skips by more than 0 and at most {LONGEST_SKIP_SECONDS:g} seconds: {seconds!r}")
        shown = shown_seconds(seconds) if real_seconds is None else real_seconds
        self.now = self._clock.look().now
        text = f"{spoken(timedelta(seconds=seconds))} in {shown:.0f} s"
        self.is_paused = False
        self.jump = Jump(self.now, self.now + seconds, shown, text, until)
        return self.jump

    def skip_to(self, moment: float) -> Jump:
        """Let time pass until right after a moment, in seconds since 1970. Raises BadArguments for one in the past."""
        self.now = self._clock.look().now
        return self.skip(moment - self.now + JUST_AFTER_SECONDS)

    # what time does

    def tick(self, *, may_hold: bool = True) -> None:
        """Let time pass for the real time since the last tick. Without `may_hold` it does not stand still."""
        real = self._real_seconds()
        passed_seconds, self._last_tick = min(real - self._last_tick, 3 * TICK_SECONDS), real
        if self.is_paused:
            self._hold(may_hold)
        else:
            self._clock.advance(self._wanted(passed_seconds), TICK_SECONDS * 0.8)
        activity = self._clock.look()
        self.now, self.next_due = activity.now, activity.next_due
        jump = self.jump
        if jump is not None and (self.now >= jump.ends or (jump.until is not None and jump.until())):
            self.jump = None

    def _wanted(self, passed_seconds: float) -> float:
        """Seconds to jump. What passes by itself, at the machine's pace, counts as well."""
        wanted = (self.rate - 1) * passed_seconds
        if self.jump is not None:
            wanted = min(self.jump.rate * max(passed_seconds, TICK_SECONDS), self.jump.ends - self.now)
        if self.ends_at is not None:
            wanted = min(wanted, self.ends_at - self.now + JUST_AFTER_SECONDS)
        return max(wanted, 0.0)

    def _hold(self, may_hold: bool) -> None:
        if self._held_at is None or not may_hold:
            # Acts of faults that are due happen here as well; whether the world is at rest shows at the next tick.
            self._clock.advance(0, TICK_SECONDS * 0.8)
            activity = self._clock.look()
            self._held_at = activity.now if may_hold and not activity.busy else None
        elif not self._clock.hold(self._held_at):
            self._held_at = None

    def as_json(self, start: float) -> dict[str, Any]:
        """The key `clock` of the state; times in seconds since the start of the feed."""
        real = max(self._real_seconds() - self._began_real, 0.001)
        due = None if self.next_due is None else round(max(self.next_due - self.now, 0.0), 1)
        return {
            "at": round(self.now - start, 3),
            "playing": not self.is_paused,
            "rate": self.rate,
            "jumping": self._jump_as_json(start),
            "next_due_in": due,
            "factor": round((self.now - self._began) / real, 1),
        }

    def _jump_as_json(self, start: float) -> dict[str, Any] | None:
        jump = self.jump
        if jump is None:
            return None
        left_seconds = (jump.ends - self.now) / jump.rate
        return {
            "from": round(jump.began - start, 3),
            "to": round(jump.ends - start, 3),
            "text": jump.text,
            "seconds_left": round(max(left_seconds, 0.0), 1),
        }


def shown_seconds(seconds: float) -> float:
    """In how many real seconds a skip is shown: 4 s for half an hour, 8 s for two hours."""
    return min(max(4 * math.sqrt(seconds / 1800), SHORTEST_SHOWN_SECONDS), LONGEST_SHOWN_SECONDS)
