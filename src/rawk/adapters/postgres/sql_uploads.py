"""Uploads directly to S3, in SQL: submission, withdrawal, and deletion of unsubmitted ones."""

from datetime import datetime

from sqlalchemy import Engine, delete

from rawk.adapters.postgres.rows import its_own
from rawk.adapters.postgres.tables import memories
from rawk.adapters.postgres.transactions import transaction
from rawk.adapters.postgres.transitions import Requeue, queue_if
from rawk.adapters.postgres.values import is_memory_id, require_accepted_key
from rawk.domain.memory import Status
from rawk.ports import Accepted, SubmittedUpload


class SqlUploads:
    """The part of `MemoryStore` about memories that are `uploading`; `begin_upload` is in `SqlIntake`."""

    _engine: Engine

    def submit_upload(self, upload: SubmittedUpload, now: datetime, relay_from: datetime) -> Accepted | None:
        require_accepted_key(upload.audio_key)
        changes = {
            "status": Status.QUEUED,
            "audio_key": upload.audio_key,
            "audio_sha256": upload.audio_sha256,
            "audio_content_type": upload.content_type,
            "audio_bytes": upload.size_bytes,
        }
        requeue = Requeue(upload.tenant, upload.memory_id, memories.c.status == Status.UPLOADING, changes)
        return queue_if(self._engine, requeue, now, relay_from)

    def withdraw_upload(self, tenant: str, memory_id: str) -> str | None:
        if not is_memory_id(memory_id):
            return None
        # A concurrent submission has locked the row: this waits, and then finds it queued.
        withdrawing = delete(memories).where(its_own(tenant, memory_id), memories.c.status == Status.UPLOADING)
        with transaction(self._engine) as tx:
            return tx.execute(withdrawing.returning(memories.c.audio_key)).scalar_one_or_none()

    def delete_unsubmitted_uploads(self, begun_before: datetime) -> list[str]:
        old = (memories.c.status == Status.UPLOADING) & (memories.c.created_at < begun_before)
        with transaction(self._engine) as tx:
            return list(tx.execute(delete(memories).where(old).returning(memories.c.id)).scalars())
