"""EventBridge: runs the relay every minute. A run with nothing to do is left out."""

from datetime import timedelta
from typing import TYPE_CHECKING

from rawk.domain.errors import Unavailable
from rawk.use_cases.recovery import AUDIO_SWEPT_EVERY
from sim.explorer.coverage.points import CoveragePoint
from sim.explorer.plan.plan import MINUTE_MS
from sim.explorer.runtime.policies import policies
from sim.explorer.runtime.scheduler import EPOCH, NEVER_MS, Actor, Killed

if TYPE_CHECKING:
    from sim.explorer.world.world import World

_MILLISECOND = timedelta(milliseconds=1)
_ORPHAN_AGE = timedelta(hours=24)
"""How old audio that belongs to no memory must be for the sweep."""


class RelaySchedule:
    """The schedule of one world. `tick` and `start_before` count whole minutes since the world began."""

    __slots__ = ("_extra", "_longest_idle", "_running", "_timeout_ms", "_world", "swept_at", "tick")

    def __init__(self, world: "World") -> None:
        self._world = world
        self._timeout_ms = policies().limits.relay_timeout_seconds * 1000
        limits = policies().limits
        self._longest_idle = timedelta(seconds=limits.visibility_timeout_seconds * 3 + limits.lease_seconds)
        self._extra = set(world.plan.extra_relay_minutes)
        self._running = 0
        self.swept_at = EPOCH - AUDIO_SWEPT_EVERY
        """When the sweep last listed old audio."""
        self.tick = 1
        """The minute at which the relay may run next."""

    def start_before(self, at_ms: int) -> bool:
        """Start the relay at the first minute before that time at which something is due. Returns whether it did."""
        world = self._world
        while self.tick * MINUTE_MS < at_ms:
            tick, self.tick = self.tick, self.tick + 1
            due_ms = self._due_ms()
            if due_ms <= tick * MINUTE_MS or tick in self._extra:
                world.scheduler.now_ms = max(world.scheduler.now_ms, tick * MINUTE_MS)
                self._start(tick)
                return True
            later = min(-(-due_ms // MINUTE_MS), -(-at_ms // MINUTE_MS))
            extra = min((minute for minute in self._extra if minute > tick), default=later)
            self.tick = max(self.tick, min(later, extra))
        return False

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
        try:
            world.recovery.run()
        except (Unavailable, Killed):
            pass
        except Exception as error:  # noqa: BLE001 - Lambda reports any error of a function
            world.use_case_raised(actor, error)
        finally:
            self._running -= 1

    def _due_ms(self) -> int:
        """When the next thing is due for the relay or the sweep; NEVER_MS if there is none."""
        world = self._world
        skew_ms = world.plan.skews_ms[2]
        rows, due = world.store.rows.values(), []
        due += [entry.due_at for entry in world.store.outbox.values()]
        for row in rows:
            memory = row.memory
            if memory.analysis_due_at is not None:
                due.append(max(memory.analysis_due_at, memory.lease_expires_at or memory.analysis_due_at))
            elif memory.status == "processing":
                idle_at = memory.updated_at + self._longest_idle
                due.append(max(idle_at, memory.lease_expires_at or idle_at) + _MILLISECOND)
            elif memory.status == "uploading":
                due.append(memory.created_at + _ORPHAN_AGE + _MILLISECOND)
        known = {row.memory.audio_key for row in rows}
        next_sweep_at = self.swept_at + AUDIO_SWEPT_EVERY
        due += [
            max(stored.written_at + _ORPHAN_AGE, next_sweep_at)
            for key, stored in world.audio.objects.items()
            if key not in known
        ]
        if not due:
            return NEVER_MS
        return max(0, (min(due) - EPOCH) // _MILLISECOND + 1 - skew_ms)
