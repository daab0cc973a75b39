"""Processing of a job under a lease, in SQL.

Every write checks the lease's token, so that a worker that lost its lease writes nothing.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, select, update

from rawk.adapters.postgres.claims import claim_without_lease, steps_into_work, wrong_step
from rawk.adapters.postgres.rows import MEMORY_COLUMNS, added, from_analysis, record_step, to_memory
from rawk.adapters.postgres.tables import deleted_memories, memories
from rawk.adapters.postgres.transactions import transaction
from rawk.adapters.postgres.values import is_memory_id, storable
from rawk.domain.errors import LeaseLost
from rawk.domain.memory import Analysis, AnalysisState, Memory, Status, Usage
from rawk.ports import (
    AnalysisFailure,
    Claim,
    Claimed,
    ClaimRequest,
    Deleted,
    Lease,
    MemoryFailure,
    NewTranscript,
    Unknown,
)

_NO_LEASE: dict[str, Any] = {"lease_token": None, "lease_expires_at": None}
_NO_FAILURE: dict[str, Any] = {"failure_reason": None, "failure_detail": None, "failed_message_id": None}


class SqlProcessing:
    """The processing part of `MemoryStore`."""

    _engine: Engine

    def claim(self, request: ClaimRequest, now: datetime) -> Claim:
        if not is_memory_id(request.memory_id):
            return Unknown()
        with transaction(self._engine) as tx:
            locked = select(*MEMORY_COLUMNS).where(memories.c.id == request.memory_id).with_for_update()
            row = tx.execute(locked).one_or_none()
            if row is None:
                return _deleted_or_unknown(tx, request.memory_id)
            memory = to_memory(row)
            refused = claim_without_lease(memory, request, now)
            if refused is not None:
                return refused
            return _lease(tx, memory, request.lease, now)

    def save_transcript(self, lease: Lease, transcript: NewTranscript, now: datetime) -> None:
        changes = {
            "status": Status.TRANSCRIPT_ONLY,
            "transcript": storable(transcript.text),
            "transcribed_at": now,
            "analysis_state": AnalysisState.PENDING,
            "analysis_due_at": transcript.analysis_due_at,
            "updated_at": now,
            **added(transcript.usage),
        }
        with transaction(self._engine) as tx:
            if _write(tx, lease, Status.PROCESSING, changes):
                record_step(tx, [lease.memory_id], Status.TRANSCRIPT_ONLY, now)
            elif _leased(tx, lease).status != Status.TRANSCRIPT_ONLY:
                raise _wrong_step(tx, lease, Status.TRANSCRIPT_ONLY)

    def save_analysis(self, lease: Lease, analysis: Analysis, usage: Usage, now: datetime) -> None:
        changes = {
            "status": Status.COMPLETE,
            "analysis": from_analysis(analysis),
            "analysis_state": AnalysisState.DONE,
            "analysis_due_at": None,
            "completed_at": now,
            "completed_under": lease.token,
            "updated_at": now,
            **_NO_FAILURE,
            **_NO_LEASE,
            **added(usage),
        }
        with transaction(self._engine) as tx:
            if _write(tx, lease, Status.TRANSCRIPT_ONLY, changes):
                record_step(tx, [lease.memory_id], Status.COMPLETE, now)
            elif not _completed_under(tx, lease):
                raise _wrong_step(tx, lease, Status.COMPLETE)

    def postpone_analysis(self, lease: Lease, failure: AnalysisFailure, now: datetime) -> None:
        changes = {
            "analysis_state": AnalysisState.GAVE_UP if failure.retry_at is None else AnalysisState.PENDING,
            "analysis_due_at": failure.retry_at,
            "failure_reason": failure.reason,
            "failure_detail": storable(failure.detail),
            "updated_at": now,
            **_NO_LEASE,
            **added(failure.usage),
        }
        with transaction(self._engine) as tx:
            if not _write(tx, lease, Status.TRANSCRIPT_ONLY, changes):
                raise _wrong_step(tx, lease, Status.TRANSCRIPT_ONLY)

    def fail(self, lease: Lease, failure: MemoryFailure, now: datetime) -> None:
        changes = {
            "status": Status.FAILED,
            "failure_reason": failure.reason,
            "failure_detail": storable(failure.detail),
            "failed_message_id": failure.message_id,
            "updated_at": now,
            **_NO_LEASE,
            **added(failure.usage),
        }
        with transaction(self._engine) as tx:
            if not _write(tx, lease, Status.PROCESSING, changes):
                raise _wrong_step(tx, lease, Status.FAILED)
            record_step(tx, [lease.memory_id], Status.FAILED, now)

    def release(self, lease: Lease, usage: Usage, now: datetime) -> None:
        ours = (memories.c.id == lease.memory_id) & (memories.c.lease_token == lease.token)
        with transaction(self._engine) as tx:
            tx.execute(update(memories).where(ours).values(updated_at=now, **_NO_LEASE, **added(usage)))


def _deleted_or_unknown(tx: Connection, memory_id: str) -> Deleted | Unknown:
    # A separate statement after the lock: a deletion that the lock waited for has committed its tombstone by now.
    tombstone = select(deleted_memories.c.memory_id).where(deleted_memories.c.memory_id == memory_id)
    return Deleted() if tx.execute(tombstone).one_or_none() is not None else Unknown()


def _lease(tx: Connection, memory: Memory, lease: Lease, now: datetime) -> Claimed:
    changes: dict[str, Any] = {
        "lease_token": lease.token,
        "lease_expires_at": lease.expires_at,
        "attempts": memories.c.attempts + 1,
        "updated_at": now,
    }
    steps = steps_into_work(memory.status)
    if steps:
        changes["status"] = steps[-1]
    if memory.status is Status.FAILED:
        changes |= _NO_FAILURE
    claiming = update(memories).where(memories.c.id == memory.id).values(**changes).returning(*MEMORY_COLUMNS)
    claimed = to_memory(tx.execute(claiming).one())
    for status in steps:
        record_step(tx, [memory.id], status, now)
    return Claimed(claimed, lease, taken_over=memory.lease_token is not None)


def _write(tx: Connection, lease: Lease, expected: Status, changes: dict[str, Any]) -> bool:
    """Write if the memory has this lease and the expected status; True if it wrote."""
    held = (memories.c.id == lease.memory_id) & (memories.c.lease_token == lease.token)
    writing = update(memories).where(held, memories.c.status == expected).values(**changes)
    return tx.execute(writing).rowcount == 1


def _leased(tx: Connection, lease: Lease) -> Row[Any]:
    """The row of the memory that has this lease. Raises LeaseLost when there is none."""
    held = select(memories.c.status).where(memories.c.id == lease.memory_id, memories.c.lease_token == lease.token)
    row = tx.execute(held).one_or_none()
    if row is None:
        raise LeaseLost("the lease was taken over, or the memory deleted")
    return row


def _completed_under(tx: Connection, lease: Lease) -> bool:
    completed = select(memories.c.id).where(memories.c.id == lease.memory_id, memories.c.completed_under == lease.token)
    return tx.execute(completed).one_or_none() is not None


def _wrong_step(tx: Connection, lease: Lease, to: Status) -> ValueError:
    """The error for a change of status that is not allowed. Raises LeaseLost instead when that is the reason."""
    return wrong_step(_leased(tx, lease).status, to)
