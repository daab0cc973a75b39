"""What an operator's trace reads of the tables: no transcript, no title, no analysis leaves the database."""

from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Engine, Row, or_, select

from rawk.adapters.postgres.tables import deleted_memories, memories, memory_events, outbox
from rawk.adapters.postgres.transactions import transaction
from rawk.adapters.postgres.values import is_memory_id
from rawk.domain.memory import AnalysisState, FailureReason, Status, StatusChange
from rawk.ports import TracedMemory

_COLUMNS = [memories.c[each.name] for each in fields(TracedMemory) if each.name in memories.c]


class PostgresTracedMemories:
    """A correlation id and a message id have no index: the query reads the whole table, within its timeout."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def trace(self, an_id: str, limit: int) -> list[TracedMemory]:
        of_others = or_(memories.c.correlation_id == an_id, memories.c.failed_message_id == an_id)
        by_id = [memories.c.id == an_id] if is_memory_id(an_id) else []
        with transaction(self._engine) as tx:
            for condition in (*by_id, of_others):
                oldest = select(*_COLUMNS).where(condition).order_by(memories.c.created_at, memories.c.id)
                if rows := tx.execute(oldest.limit(limit)).all():
                    return [_traced(tx, row) for row in rows]
            return _deleted(tx, an_id) if by_id else []


def _traced(tx: Connection, row: Row[Any]) -> TracedMemory:
    values = dict(row._mapping)
    values["status"] = Status(values["status"])
    if values["analysis_state"] is not None:
        values["analysis_state"] = AnalysisState(values["analysis_state"])
    if values["failure_reason"] is not None:
        known = {reason.value for reason in FailureReason}
        reason = values["failure_reason"]
        values["failure_reason"] = FailureReason(reason) if reason in known else FailureReason.OTHER
    events = memory_events.c
    steps = select(events.number, events.status, events.at).where(events.memory_id == row.id).order_by(events.number)
    values["history"] = tuple(StatusChange(each.number, Status(each.status), each.at) for each in tx.execute(steps))
    waiting = tx.execute(select(outbox.c.written_at, outbox.c.due_at).where(outbox.c.memory_id == row.id)).first()
    if waiting is not None:
        values |= {"outbox_written_at": waiting.written_at, "outbox_due_at": waiting.due_at}
    return TracedMemory(**values)


def _deleted(tx: Connection, memory_id: str) -> list[TracedMemory]:
    tombstone = select(deleted_memories.c.deleted_at).where(deleted_memories.c.memory_id == memory_id)
    deleted_at = tx.execute(tombstone).scalar_one_or_none()
    return [] if deleted_at is None else [TracedMemory(memory_id, deleted_at)]
