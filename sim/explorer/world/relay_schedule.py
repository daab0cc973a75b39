"""EventBridge: runs the relay every minute, whether or not something is due.

A run that finds nothing to do changes nothing, so it need not be interleaved: `RelayProbe` runs the relay's own code
instead. Between two events of the world nothing changes but the time, and what is due stays due. So one probe before
the next event covers all runs until then, and the first run that finds something is found by bisection.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rawk.domain.errors import DatabaseUnavailable
from sim.explorer.coverage.points import CoveragePoint
from sim.explorer.plan.plan import MINUTE_MS
from sim.explorer.runtime.policies import policies
from sim.explorer.runtime.scheduler import EPOCH, Actor, Killed
from sim.explorer.world.relay_probe import RelayProbe

if TYPE_CHECKING:
    from sim.explorer.world.world import World


class RelaySchedule:
    """The schedule of one world. `tick` and `start_before` count whole minutes since the world began."""

    __slots__ = ("_extra", "_probe", "_running", "_timeout_ms", "_world", "swept_at", "tick")

    def __init__(self, world: "World") -> None:
        self._world = world
        self._timeout_ms = policies().limits.relay_timeout_seconds * 1000
        self._extra = sorted(set(world.plan.extra_relay_minutes), reverse=True)
        self._probe = RelayProbe(world)
        self._running = 0
        self.swept_at: datetime | None = None
        """When the sweep last listed old audio."""
        self.tick = 1
        """The minute at which the relay runs next."""

    def start_before(self, at_ms: int) -> bool:
        """Start the relay at the first minute before that time at which it has something to do, or at a minute that
        the plan names. Returns whether it did; all earlier runs find nothing to do.
        """
        last = -(-at_ms // MINUTE_MS) - 1
        while self._extra and self._extra[-1] < self.tick:
            self._extra.pop()
        if self._extra:
            last = min(last, self._extra[-1])
        if last < self.tick:
            return False
        first = self._first_due(self.tick, last)
        if first is None and last in self._extra:
            first = last
        self.tick = last + 1 if first is None else first + 1
        if first is None:
            return False
        scheduler = self._world.scheduler
        scheduler.now_ms = max(scheduler.now_ms, first * MINUTE_MS)
        self._start(first)
        return True

    def _first_due(self, first: int, last: int) -> int | None:
        """The first of these minutes at which a run would do something."""
        if not self._is_due(last):
            return None
        while first < last:
            middle = (first + last) // 2
            if self._is_due(middle):
                last = middle
            else:
                first = middle + 1
        return last

    def _is_due(self, tick: int) -> bool:
        moment = EPOCH + timedelta(milliseconds=tick * MINUTE_MS + self._world.plan.skews_ms[2])
        return self._probe.is_due(moment, self.swept_at)

    def _start(self, tick: int) -> None:
        world = self._world
        name = f"relay at minute {tick}"
        actor = world.scheduler.start(name, "relay", lambda: self._run(actor), world.plan.skews_ms[2])
        actor.deadline_ms = tick * MINUTE_MS + self._timeout_ms
        actor.outlives_deadline = world.plan.outlives_deadline

    def _run(self, actor: Actor) -> None:
        world = self._world
        self._running += 1
        if self._running > 1:
            world.coverage.reach(CoveragePoint.CONCURRENT_RELAYS)
        began_at = world.scheduler.now()
        try:
            world.recovery.run()
            if not actor.failures:
                world.time_limits.after_relay(actor, began_at)
        except (DatabaseUnavailable, Killed):
            world.port_calls.failed("relay", 0)
        except Exception as error:  # noqa: BLE001 - Lambda reports any error of a function
            world.port_calls.failed("relay", 0)
            world.use_case_raised(actor, error)
        finally:
            self._running -= 1
