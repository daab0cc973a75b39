"""Whether a run of the relay would do anything: its own code, on ports that change nothing.

Most runs find nothing to do. The probe runs `Recovery.run` on the state of the world, without faults and without time;
the first call that would change or send something ends it. So what is due, and when, is decided by the product alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from rawk.config import AnalysisRetry
from rawk.domain.memory import Status
from rawk.use_cases.recovery import Recovery, RecoveryPolicy
from sim.explorer.runtime.policies import policies

if TYPE_CHECKING:
    from sim.explorer.world.world import World


class _Due(BaseException):
    """The run would do something."""


class _Gaps(AnalysisRetry):
    """The same gaps each time: no probe computes them again."""

    def gaps(self) -> list[timedelta]:
        return _gaps()


@cache
def _gaps() -> list[timedelta]:
    return policies().recovery.analysis_retry.gaps()


@cache
def _policy() -> RecoveryPolicy:
    policy = policies().recovery
    return replace(policy, analysis_retry=_Gaps(policy.analysis_retry.base_seconds, policy.analysis_retry.limit))


class RelayProbe:
    """The probe of one world."""

    __slots__ = ("_ports", "_recovery")

    def __init__(self, world: "World") -> None:
        ports: Any = _Ports(world)
        self._ports = ports
        self._recovery = Recovery(ports, ports, ports, ports, ports, _policy())

    def is_due(self, moment: datetime, swept_at: datetime | None) -> bool:
        """Whether a run at that moment would do something; `swept_at` is when the relay last swept the audio."""
        self._ports.moment = moment
        self._recovery._audio_swept_at = swept_at
        try:
            self._recovery.run()
        except _Due:
            return True
        return False


class _Ports:
    """Database, queues, S3 and clock of one world for a run of the relay that changes nothing."""

    __slots__ = ("_world", "moment")

    def __init__(self, world: "World") -> None:
        self._world = world
        self.moment: datetime

    # the clock

    def now(self) -> datetime:
        return self.moment

    # the database

    def delete_unsubmitted_uploads(self, begun_before: datetime) -> list[str]:
        for row in self._world.store.rows.values():
            if row.memory.status is Status.UPLOADING and row.memory.created_at < begun_before:
                raise _Due
        return []

    def queue_due_analyses(self, now: datetime, *_: Any) -> list[str]:
        for row in self._world.store.rows.values():
            if row.waits_for_analysis(now):
                raise _Due
        return []

    def fail_abandoned(self, processing_since: datetime, waiting_since: datetime, now: datetime) -> list[str]:
        for row in self._world.store.rows.values():
            if row.is_abandoned(processing_since, waiting_since, now):
                raise _Due
        return []

    def has_waiting_since(self, before: datetime) -> bool:
        return self._world.store.has_waiting_since(before)

    def claim_outbox(self, now: datetime, *_: Any) -> list[Any]:
        for row in self._world.store.outbox.values():
            if row.due_at <= now:
                raise _Due
        return []

    def delete_tombstones(self, before: datetime, *_: Any) -> int:
        for tombstone in self._world.store._tombstones.values():
            if tombstone.deleted_at < before:
                raise _Due
        return 0

    def known_audio(self, keys: Iterable[str]) -> set[str]:
        return self._world.store.known_audio(keys)

    # the dead letters

    def count(self) -> int:
        """Dead letters that the run would redrive; it reads no others, because others change nothing."""
        world = self._world
        for message in world.dead_queue.held.values():
            row = world.store.rows.get(world.invariants.memory_named_in(message.body))
            if row is not None and row.memory.waits_for_a_worker and message.visible_at <= self.moment:
                raise _Due
        return 0

    # S3

    def older_than(self, moment: datetime) -> Iterator[str]:
        return iter([key for key, stored in self._world.audio.objects.items() if stored.written_at < moment])

    def delete(self, key: str) -> None:  # noqa: ARG002 - nothing is removed
        raise _Due
