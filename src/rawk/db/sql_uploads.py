"""Uploads that go past us, straight to the store, in SQL: submitted, withdrawn or forgotten."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, delete, select, update

from rawk.db.outbox import outbox_id_of, put_into_outbox
from rawk.db.rows import MEMORY_COLUMNS, record_step, to_memory
from rawk.db.tables import memories
from rawk.db.transactions import transaction
from rawk.db.values import is_memory_id
from rawk.memory import Status
from rawk.ports import Accepted


class SqlUploads:
    """The part of `MemoryStore` about memories that are `uploading`; `begin_upload` is beside `accept`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def submit_upload(
        self, tenant: str, memory_id: str, content_type: str, size_bytes: int, now: datetime, send_again_at: datetime
    ) -> Accepted | None:
        if not is_memory_id(memory_id):
            return None
        changes: dict[str, Any] = {
            "status": Status.QUEUED,
            "audio_content_type": content_type,
            "audio_bytes": size_bytes,
            "updated_at": now,
        }
        submitting = update(memories).where(_uploading(tenant, memory_id)).values(**changes)
        with transaction(self._engine) as tx:
            submitted = tx.execute(submitting.returning(*MEMORY_COLUMNS)).one_or_none()
            if submitted is not None:
                record_step(tx, [memory_id], Status.QUEUED, now)
                return Accepted(to_memory(submitted), True, put_into_outbox(tx, memory_id, send_again_at))
            known = select(*MEMORY_COLUMNS).where(memories.c.id == memory_id, memories.c.tenant == tenant)
            row = tx.execute(known).one_or_none()
            return None if row is None else Accepted(to_memory(row), False, outbox_id_of(tx, memory_id))

    def withdraw_upload(self, tenant: str, memory_id: str) -> str | None:
        if not is_memory_id(memory_id):
            return None
        withdrawing = delete(memories).where(_uploading(tenant, memory_id)).returning(memories.c.audio_key)
        with transaction(self._engine) as tx:
            return tx.execute(withdrawing).scalar_one_or_none()

    def forget_uploads(self, begun_before: datetime) -> list[str]:
        old = (memories.c.status == Status.UPLOADING) & (memories.c.created_at < begun_before)
        with transaction(self._engine) as tx:
            return list(tx.execute(delete(memories).where(old).returning(memories.c.id)).scalars())


def _uploading(tenant: str, memory_id: str) -> ColumnElement[bool]:
    # One that somebody is just submitting is locked: this waits, and then finds it queued.
    its_own = (memories.c.id == memory_id) & (memories.c.tenant == tenant)
    return its_own & (memories.c.status == Status.UPLOADING)
