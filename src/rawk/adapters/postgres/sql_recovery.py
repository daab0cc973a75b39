"""The outbox and the sweep, in SQL."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Engine,
    Text,
    Uuid,
    any_,
    delete,
    exists,
    literal,
    or_,
    select,
    update,
)

from rawk.adapters.postgres.claims import ABANDONED_DETAIL
from rawk.adapters.postgres.outbox import put_into_outbox
from rawk.adapters.postgres.rows import record_step
from rawk.adapters.postgres.tables import deleted_memories, memories, outbox
from rawk.adapters.postgres.transactions import transaction
from rawk.adapters.postgres.values import is_memory_id
from rawk.domain.memory import AnalysisState, FailureReason, Status
from rawk.domain.messages import Job
from rawk.ports import OutboxEntry


class SqlRecovery:
    """The outbox and sweep part of `MemoryStore`."""

    _engine: Engine

    def claim_outbox(self, now: datetime, next_due_at: datetime, limit: int) -> list[OutboxEntry]:
        due = select(outbox.c.id).where(outbox.c.due_at <= now).order_by(outbox.c.due_at, outbox.c.id).limit(limit)
        # A CTE, not a sub-select: Postgres may run a sub-select once for each row and lock more rows than the limit.
        locked = due.with_for_update(skip_locked=True).cte("due")
        claiming = (
            update(outbox)
            .where(outbox.c.id == locked.c.id, outbox.c.memory_id == memories.c.id)
            .values(due_at=next_due_at)
            .returning(outbox.c.id, outbox.c.memory_id, outbox.c.traceparent, memories.c.correlation_id)
        )
        with transaction(self._engine) as tx:
            rows = sorted(tx.execute(claiming).all(), key=lambda row: row.id)
        return [OutboxEntry(row.id, Job(row.memory_id, row.correlation_id, row.traceparent)) for row in rows]

    def mark_sent(self, outbox_id: int) -> None:
        with transaction(self._engine) as tx:
            tx.execute(delete(outbox).where(outbox.c.id == outbox_id))

    def queue_due_analyses(self, now: datetime, next_due_at: Sequence[datetime], limit: int) -> list[str]:
        waiting = (
            (memories.c.status == Status.TRANSCRIPT_ONLY)
            & (memories.c.analysis_state == AnalysisState.PENDING)
            & (memories.c.analysis_due_at <= now)
        )
        with transaction(self._engine) as tx:
            rows = _lock(tx, waiting & _without_live_lease(now), memories.c.analysis_due_at, limit)
            queued = [row for row in rows if row.analysis_attempts < len(next_due_at)]
            _give_up([row.id for row in rows if row.analysis_attempts >= len(next_due_at)], tx, now)
            for number, group in groupby(sorted(queued, key=_analysis_attempts), key=_analysis_attempts):
                _queue_analyses([row.id for row in group], number, next_due_at[number], tx, now)
        return [row.id for row in queued]

    def fail_abandoned(self, processing_since: datetime, waiting_since: datetime, now: datetime) -> list[str]:
        stuck = (
            (memories.c.status == Status.PROCESSING)
            & (memories.c.updated_at < processing_since)
            & (memories.c.lease_expires_at <= now)
        )
        unreached = _WAITS & (memories.c.updated_at < waiting_since)
        with transaction(self._engine) as tx:
            ids = [row.id for row in _lock(tx, stuck | unreached, memories.c.updated_at, None)]
            if ids:
                tx.execute(update(memories).where(memories.c.id.in_(ids)).values(**_abandoned(now)))
                record_step(tx, ids, Status.FAILED, now)
        return ids

    def has_waiting_since(self, before: datetime) -> bool:
        waiting = exists().where(_WAITS, memories.c.updated_at < before)
        with transaction(self._engine) as tx:
            return bool(tx.execute(select(waiting)).scalar_one())

    def known_audio(self, keys: Iterable[str]) -> set[str]:
        wanted = literal(list(keys), ARRAY(Text))
        with transaction(self._engine) as tx:
            return set(tx.execute(select(memories.c.audio_key).where(memories.c.audio_key == any_(wanted))).scalars())

    def deleted_by(self, tenant: str, memory_ids: Iterable[str]) -> set[str]:
        wanted = literal([each for each in memory_ids if is_memory_id(each)], ARRAY(Uuid(as_uuid=False)))
        tombstones = deleted_memories.c
        query = select(tombstones.memory_id).where(tombstones.tenant == tenant, tombstones.memory_id == any_(wanted))
        with transaction(self._engine) as tx:
            return set(tx.execute(query).scalars())

    def delete_tombstones(self, before: datetime, limit: int) -> int:
        tombstones = deleted_memories.c
        old = select(tombstones.memory_id).where(tombstones.deleted_at < before)
        oldest = (
            old.order_by(tombstones.deleted_at, tombstones.memory_id).limit(limit).with_for_update(skip_locked=True)
        )
        # A CTE, as in `claim_outbox`.
        locked = oldest.cte("old")
        with transaction(self._engine) as tx:
            return tx.execute(delete(deleted_memories).where(tombstones.memory_id == locked.c.memory_id)).rowcount


_WAITS = memories.c.status.in_((Status.QUEUED, Status.PROCESSING)) & memories.c.lease_token.is_(None)
"""Waits for a worker, as `Memory.waits_for_a_worker`."""


def _without_live_lease(now: datetime) -> ColumnElement[bool]:
    return or_(memories.c.lease_token.is_(None), memories.c.lease_expires_at <= now)


def _lock(tx: Connection, condition: ColumnElement[bool], oldest: Any, limit: int | None) -> Sequence[Any]:
    """Lock the rows that match the condition, oldest first, without those that another transaction has locked."""
    query = select(memories.c.id, memories.c.analysis_attempts).where(condition).order_by(oldest, memories.c.id)
    return tx.execute(query.limit(limit).with_for_update(skip_locked=True)).all()


def _analysis_attempts(row: Any) -> int:
    attempts: int = row.analysis_attempts
    return attempts


def _give_up(ids: list[str], tx: Connection, now: datetime) -> None:
    if ids:
        changes = {"analysis_state": AnalysisState.GAVE_UP, "analysis_due_at": None, "updated_at": now}
        tx.execute(update(memories).where(memories.c.id.in_(ids)).values(**changes))


def _queue_analyses(ids: list[str], attempts: int, due_at: datetime, tx: Connection, now: datetime) -> None:
    changes = {"analysis_attempts": attempts + 1, "analysis_due_at": due_at, "updated_at": now}
    tx.execute(update(memories).where(memories.c.id.in_(ids)).values(**changes))
    for memory_id in ids:
        put_into_outbox(tx, memory_id, now, now)


def _abandoned(now: datetime) -> dict[str, Any]:
    return {
        "status": Status.FAILED,
        "failure_reason": FailureReason.ABANDONED,
        "failure_detail": ABANDONED_DETAIL,
        "failed_message_id": None,  # any message may redrive it, also the one that was lost
        "lease_token": None,
        "lease_expires_at": None,
        "updated_at": now,
    }
