"""Promises that are bounded in time: what must have happened so long after the last failure of what it needs."""

from datetime import datetime
from typing import Protocol

from rawk.adapters.postgres.in_memory import InMemoryMemoryStore
from sim.explorer.invariants.checks import TOMBSTONE_TIME, Invariants
from sim.explorer.invariants.names import OUTBOX_SENT_IN_TIME, TOMBSTONES_FORGOTTEN
from sim.explorer.plan.plan import MINUTE_MS
from sim.explorer.runtime.policies import policies
from sim.explorer.runtime.scheduler import Actor, Scheduler

LARGEST_SKEW_MS = 20_000
"""Between the clock that wrote a row and the relay's."""
_NEEDED = ("memories", "sqs", "relay")
"""What the outbox needs. S3 is not among them: jobs are sent while S3 is down."""


class Failures(Protocol):
    """When the last failure of each port ended."""

    last_failure_ms: dict[str, int]


class TimeLimits:
    """The limits of one world."""

    __slots__ = ("_failures", "_invariants", "_limit_ms", "_outbox_ids", "_scheduler", "_store")

    def __init__(
        self,
        scheduler: Scheduler,
        store: InMemoryMemoryStore,
        failures: Failures,
        invariants: Invariants,
    ) -> None:
        self._scheduler = scheduler
        self._store = store
        self._failures = failures
        self._invariants = invariants
        self._outbox_ids: set[int] = set()
        limits = policies().limits
        # Claimed by a run that failed: due again after the grace. Then two runs by schedule, the second to its end.
        self._limit_ms = (
            (limits.outbox_grace_seconds + limits.relay_timeout_seconds) * 1000 + 2 * MINUTE_MS + LARGEST_SKEW_MS
        )

    def watch_outbox(self) -> None:
        """Each new row of the outbox must be gone in time after its due time, which is one grace from now."""
        for memory_id, row in self._store.outbox.items():
            if row.id not in self._outbox_ids:
                self._outbox_ids.add(row.id)
                grace_ms = policies().limits.outbox_grace_seconds * 1000
                self._check_later(memory_id, row.id, self._scheduler.now_ms, grace_ms + self._limit_ms)

    def _check_later(self, memory_id: str, outbox_id: int, since_ms: int, after_ms: int) -> None:
        self._scheduler.call_at(since_ms + after_ms, lambda: self._check(memory_id, outbox_id, since_ms))

    def _check(self, memory_id: str, outbox_id: int, since_ms: int) -> None:
        row = self._store.outbox.get(memory_id)
        if row is None or row.id != outbox_id:
            return
        failures = self._failures.last_failure_ms
        failed_ms = max(failures.get(each, -1) for each in _NEEDED)
        if failed_ms >= since_ms:
            self._check_later(
                memory_id, outbox_id, max(failed_ms, self._scheduler.now_ms - self._limit_ms + 1), self._limit_ms
            )
            return
        minutes = (self._scheduler.now_ms - since_ms) / MINUTE_MS
        self._invariants.violate(
            OUTBOX_SENT_IN_TIME,
            f"the job of {self._invariants.label(memory_id)} has been in the outbox for {minutes:.0f} min, "
            "although database, queue and relay did not fail",
        )

    def after_relay(self, actor: Actor, began_at: datetime) -> None:
        """The relay ran to its end and nothing failed: nothing is left that was due when it began."""
        invariants = self._invariants
        for memory_id, row in self._store.outbox.items():
            if row.due_at <= began_at:
                invariants.violate(
                    OUTBOX_SENT_IN_TIME, f"{actor.name} left the job of {invariants.label(memory_id)} in the outbox"
                )
        for memory_id, tombstone in self._store._tombstones.items():
            if tombstone.deleted_at < began_at - TOMBSTONE_TIME:
                invariants.violate(
                    TOMBSTONES_FORGOTTEN, f"{actor.name} left the tombstone of {invariants.label(memory_id)}"
                )
