"""Intake, reading and deletion of memories, in SQL."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, delete, insert, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert as postgres_insert

from rawk.adapters.postgres.outbox import outbox_id_of, put_into_outbox
from rawk.adapters.postgres.rows import MEMORY_COLUMNS, SUMMARY_COLUMNS, its_own, of_tenant, to_memory, to_summary
from rawk.adapters.postgres.tables import deleted_memories, memories, memory_events
from rawk.adapters.postgres.transactions import transaction
from rawk.adapters.postgres.values import (
    is_memory_id,
    key_digest,
    require_accepted_key,
    require_memory_id,
    storable,
    utc,
)
from rawk.domain.errors import DatabaseUnavailable, IdempotencyConflict, MemoryDeleted
from rawk.domain.memory import Memory, MemorySummary, NewMemory, Status, StatusChange
from rawk.ports import Accepted, Cursor

_LEFT_BY_A_DELETION: list[Any] = [memories.c.id, memories.c.tenant, memories.c.idempotency_key, memories.c.audio_key]


class SqlIntake:
    """The intake part of `MemoryStore`."""

    _engine: Engine

    def accept(self, new: NewMemory, now: datetime, relay_from: datetime) -> Accepted:
        require_accepted_key(new.audio_key)
        with transaction(self._engine) as tx:
            accepted = _insert(tx, new, Status.QUEUED, now)
            if not accepted.created:
                return replace(accepted, outbox_id=outbox_id_of(tx, accepted.memory.id))
            return replace(accepted, outbox_id=put_into_outbox(tx, new.id, now, relay_from))

    def begin_upload(self, new: NewMemory, now: datetime) -> Accepted:
        with transaction(self._engine) as tx:
            return _insert(tx, new, Status.UPLOADING, now)

    def get(self, tenant: str, memory_id: str) -> Memory | None:
        if not is_memory_id(memory_id):
            return None
        return self._one(_memory_query().where(its_own(tenant, memory_id)))

    def find(self, memory_id: str) -> Memory | None:
        if not is_memory_id(memory_id):
            return None
        return self._one(_memory_query().where(memories.c.id == memory_id))

    def summary(self, tenant: str, memory_id: str) -> MemorySummary | None:
        if not is_memory_id(memory_id):
            return None
        query = select(*SUMMARY_COLUMNS).where(its_own(tenant, memory_id))
        with transaction(self._engine) as tx:
            row = tx.execute(query).one_or_none()
        return to_summary(row) if row is not None else None

    def page(self, tenant: str, status: Status | None, after: Cursor | None, limit: int) -> list[MemorySummary]:
        position = tuple_(memories.c.created_at, memories.c.id)
        query = select(*SUMMARY_COLUMNS).where(of_tenant(tenant))
        if status is not None:
            query = query.where(memories.c.status == status)
        if after is not None:
            query = query.where(position < tuple_(after.created_at, after.id, types=[*position.type.types]))
        query = query.order_by(memories.c.created_at.desc(), memories.c.id.desc()).limit(limit)
        with transaction(self._engine) as tx:
            return [to_summary(row) for row in tx.execute(query)]

    def history(self, memory_id: str) -> list[StatusChange]:
        if not is_memory_id(memory_id):
            return []
        events = memory_events.c
        query = select(events.number, events.status, events.at).where(events.memory_id == memory_id)
        with transaction(self._engine) as tx:
            rows = tx.execute(query.order_by(events.number)).all()
        return [StatusChange(row.number, Status(row.status), row.at) for row in rows]

    def delete(self, tenant: str, memory_id: str, now: datetime) -> str | None:
        if not is_memory_id(memory_id):
            return None
        removal = delete(memories).where(its_own(tenant, memory_id))
        with transaction(self._engine) as tx:
            row = tx.execute(removal.returning(*_LEFT_BY_A_DELETION)).one_or_none()
            if row is None:
                return None
            tx.execute(insert(deleted_memories).values(**_tombstone(row, now)))
            audio_key: str = row.audio_key
            return audio_key

    def _one(self, query: Select[Any]) -> Memory | None:
        with transaction(self._engine) as tx:
            row = tx.execute(query).one_or_none()
        return to_memory(row) if row is not None else None


def _memory_query() -> Select[Any]:
    return select(*MEMORY_COLUMNS)


def _insert(tx: Connection, new: NewMemory, status: Status, now: datetime) -> Accepted:
    """The new memory, or the one of the same request. Raises IdempotencyConflict, MemoryDeleted."""
    require_memory_id(new.id)
    created = tx.execute(_insert_memory(new, status, now)).one_or_none()
    if created is None:
        return Accepted(_known_memory(tx, new), created=False)
    # Only after the insert: it waited for a concurrent deletion, whose tombstone is committed by now.
    _refuse_deleted(tx, new)
    tx.execute(insert(memory_events).values(memory_id=new.id, number=1, status=status, at=now))
    return Accepted(to_memory(created), created=True)


def _insert_memory(new: NewMemory, status: Status, now: datetime) -> Any:
    """Gives the new row, or no row when the id or the idempotency key is taken, also by a concurrent transaction."""
    values = {
        "id": new.id,
        "tenant": new.tenant,
        "status": status,
        "audio_key": new.audio_key,
        "audio_content_type": new.audio_content_type,
        "audio_bytes": new.audio_bytes,
        "content_digest": new.content_digest,
        "correlation_id": new.correlation_id,
        "idempotency_key": new.idempotency_key,
        "title": storable(new.title) if new.title is not None else None,
        "recorded_at": utc(new.recorded_at) if new.recorded_at is not None else None,
        "audio_sha256": new.audio_sha256,
        "created_at": now,
        "updated_at": now,
    }
    return postgres_insert(memories).values(**values).on_conflict_do_nothing().returning(*MEMORY_COLUMNS)


def _known_memory(tx: Connection, new: NewMemory) -> Memory:
    """The memory that has the id or the idempotency key. Raises IdempotencyConflict, MemoryDeleted."""
    row = tx.execute(select(*memories.c).where(_same_request(new))).first()
    if row is None:
        # It existed one statement ago: it was deleted since, with a tombstone, or it was an upload that was withdrawn,
        # without one.
        _refuse_deleted(tx, new)
        raise DatabaseUnavailable("the memory was removed while it was being accepted again")
    if row.content_digest != new.content_digest or row.tenant != new.tenant:
        raise IdempotencyConflict("the idempotency key belongs to other content")
    return to_memory(row)


def _refuse_deleted(tx: Connection, new: NewMemory) -> None:
    tombstones = deleted_memories.c
    deleted = tombstones.memory_id == new.id
    if new.idempotency_key is not None:
        # The release before this one writes the key itself.
        same_key = (tombstones.tenant == new.tenant) & (tombstones.idempotency_key == new.idempotency_key)
        deleted = or_(deleted, same_key, tombstones.key_digest == key_digest(new.tenant, new.idempotency_key))
    if tx.execute(select(tombstones.memory_id).where(deleted).limit(1)).first() is not None:
        raise MemoryDeleted("the memory of this idempotency key was deleted")


def _same_request(new: NewMemory) -> ColumnElement[bool]:
    by_id = memories.c.id == new.id
    if new.idempotency_key is None:
        return by_id
    same_key = of_tenant(new.tenant) & (memories.c.idempotency_key == new.idempotency_key)
    return or_(same_key, by_id)


def _tombstone(row: Row[Any], now: datetime) -> dict[str, Any]:
    return {
        "memory_id": row.id,
        "tenant": row.tenant,
        "deleted_at": now,
        "key_digest": None if row.idempotency_key is None else key_digest(row.tenant, row.idempotency_key),
    }
