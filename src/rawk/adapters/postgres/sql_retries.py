"""Retries of what failed or was given up, in SQL."""

from datetime import datetime

from sqlalchemy import Engine

from rawk.adapters.postgres.tables import memories
from rawk.adapters.postgres.transitions import Requeue, queue_if
from rawk.domain.memory import AnalysisState, Status
from rawk.ports import Accepted


class SqlRetries:
    """The part of `MemoryStore` about retries that a memory's owner asks for."""

    _engine: Engine

    def retry(self, tenant: str, memory_id: str, now: datetime, relay_from: datetime) -> Accepted | None:
        changes = {"status": Status.QUEUED, "failure_reason": None, "failure_detail": None, "failed_message_id": None}
        failed = memories.c.status == Status.FAILED
        return queue_if(self._engine, Requeue(tenant, memory_id, failed, changes), now, relay_from)

    def retry_analysis(self, tenant: str, memory_id: str, now: datetime, relay_from: datetime) -> Accepted | None:
        changes = {
            "analysis_state": AnalysisState.PENDING,
            "analysis_attempts": 0,
            "analysis_due_at": relay_from,
        }
        given_up = (memories.c.status == Status.TRANSCRIPT_ONLY) & (memories.c.analysis_state == AnalysisState.GAVE_UP)
        return queue_if(self._engine, Requeue(tenant, memory_id, given_up, changes), now, relay_from)
