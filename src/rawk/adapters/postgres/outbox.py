"""Rows of the outbox, inside somebody's transaction that holds the memory's row."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from rawk.adapters.postgres.tables import outbox


def put_into_outbox(tx: Connection, memory_id: str, now: datetime, due_at: datetime) -> int:
    """Ask for a job to be sent, from the moment on by the relay as well; gives the row's id.

    A row that is there already makes way for a new one with a new id: its job may have been sent long ago, and whoever
    sent it may be about to remove it.
    """
    tx.execute(delete(outbox).where(outbox.c.memory_id == memory_id))
    entry = insert(outbox).values(memory_id=memory_id, due_at=due_at, written_at=now).returning(outbox.c.id)
    outbox_id: int = tx.execute(entry).scalar_one()
    return outbox_id


def outbox_id_of(tx: Connection, memory_id: str) -> int | None:
    """The row that asks for the memory's job, if there is one."""
    return tx.execute(select(outbox.c.id).where(outbox.c.memory_id == memory_id)).scalar_one_or_none()
