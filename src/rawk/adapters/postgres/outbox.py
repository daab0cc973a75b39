"""Rows of the outbox. Every function runs in the caller's transaction, which has locked the memory's row."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from rawk.adapters.postgres.tables import outbox
from rawk.trace_context import current_traceparent


def put_into_outbox(tx: Connection, memory_id: str, now: datetime, due_at: datetime) -> int:
    """Write a row for the memory's job, which the relay may send from `due_at` on; gives the row's id.

    It replaces an older row and has a new id: the older row's job may have been sent long ago, and its sender may be
    about to remove the row.
    """
    tx.execute(delete(outbox).where(outbox.c.memory_id == memory_id))
    values = {"memory_id": memory_id, "due_at": due_at, "written_at": now, "traceparent": current_traceparent()}
    outbox_id: int = tx.execute(insert(outbox).values(**values).returning(outbox.c.id)).scalar_one()
    return outbox_id


def outbox_id_of(tx: Connection, memory_id: str) -> int | None:
    """The id of the memory's row, or None."""
    return tx.execute(select(outbox.c.id).where(outbox.c.memory_id == memory_id)).scalar_one_or_none()
