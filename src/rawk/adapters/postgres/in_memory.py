"""The memory store as plain dictionaries: for unit tests and the explorer, where a world lives for a millisecond.

Deterministic, without I/O. The same contract tests check it and the Postgres store. Tests and explorer inject database
faults in front of it, not inside.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import count
from threading import RLock

from rawk.adapters.postgres.claims import ABANDONED_DETAIL, claim_without_lease, steps_into_work, wrong_step
from rawk.adapters.postgres.in_memory_rows import NO_FAILURE, NO_LEASE, MemoryRow, OutboxRow, RequestKey, Tombstone
from rawk.adapters.postgres.values import require_accepted_key, require_memory_id, storable, storable_analysis
from rawk.domain.errors import LeaseLost, MemoryDeleted
from rawk.domain.memory import (
    Analysis,
    AnalysisState,
    FailureReason,
    Memory,
    MemorySummary,
    NewMemory,
    Status,
    StatusChange,
    Usage,
)
from rawk.domain.messages import Job
from rawk.ports import (
    Accepted,
    AnalysisFailure,
    Claim,
    Claimed,
    ClaimRequest,
    Cursor,
    Deleted,
    Lease,
    MemoryFailure,
    NewTranscript,
    OutboxEntry,
    StoreFigures,
    SubmittedUpload,
    Unknown,
)
from rawk.trace_context import current_traceparent


class InMemoryMemoryStore:
    """`ports.MemoryStore`; safe for several threads. The lock is the transaction.

    `rows` and `outbox`, both by memory id, are its content: tests and the explorer may read it, not change it.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self.rows: dict[str, MemoryRow] = {}
        self.outbox: dict[str, OutboxRow] = {}
        self._outbox_ids = count(1)
        self._tombstones: dict[str, Tombstone] = {}

    # intake

    def accept(self, new: NewMemory, now: datetime, relay_from: datetime) -> Accepted:
        require_accepted_key(new.audio_key)
        with self._lock:
            accepted = self._insert(MemoryRow.new(new, Status.QUEUED, now))
            if not accepted.created:
                return Accepted(accepted.memory, False, self._outbox_id_of(accepted.memory.id))
            return Accepted(accepted.memory, True, self._put_into_outbox(new.id, now, relay_from))

    def begin_upload(self, new: NewMemory, now: datetime) -> Accepted:
        with self._lock:
            return self._insert(MemoryRow.new(new, Status.UPLOADING, now))

    def submit_upload(self, upload: SubmittedUpload, now: datetime, relay_from: datetime) -> Accepted | None:
        require_accepted_key(upload.audio_key)
        with self._lock:
            row = self._of_tenant(upload.tenant, upload.memory_id)
            if row is None or row.memory.status is not Status.UPLOADING:
                return self._unchanged(row)
            row.step(
                Status.QUEUED,
                now,
                audio_key=upload.audio_key,
                audio_sha256=upload.audio_sha256,
                audio_content_type=upload.content_type,
                audio_bytes=upload.size_bytes,
            )
            return Accepted(row.memory, True, self._put_into_outbox(upload.memory_id, now, relay_from))

    def withdraw_upload(self, tenant: str, memory_id: str) -> str | None:
        with self._lock:
            row = self._of_tenant(tenant, memory_id)
            if row is None or row.memory.status is not Status.UPLOADING:
                return None
            del self.rows[memory_id]
            return row.memory.audio_key

    def get(self, tenant: str, memory_id: str) -> Memory | None:
        memory = self.find(memory_id)
        return memory if memory is not None and memory.tenant == tenant else None

    def find(self, memory_id: str) -> Memory | None:
        with self._lock:
            row = self.rows.get(memory_id)
            return row.memory if row is not None else None

    def summary(self, tenant: str, memory_id: str) -> MemorySummary | None:
        memory = self.get(tenant, memory_id)
        return memory.summary if memory is not None else None

    def page(self, tenant: str, status: Status | None, after: Cursor | None, limit: int) -> list[MemorySummary]:
        def position(memory: Memory) -> tuple[datetime, str]:
            return memory.created_at, memory.id

        with self._lock:
            mine = [row.memory for row in self.rows.values() if row.memory.tenant == tenant]
        wanted = [memory for memory in mine if status is None or memory.status is status]
        rest = [memory for memory in wanted if after is None or position(memory) < (after.created_at, after.id)]
        return [memory.summary for memory in sorted(rest, key=position, reverse=True)[:limit]]

    def history(self, memory_id: str) -> list[StatusChange]:
        with self._lock:
            row = self.rows.get(memory_id)
            return list(row.history) if row is not None else []

    def delete(self, tenant: str, memory_id: str, now: datetime) -> str | None:
        with self._lock:
            row = self.rows.get(memory_id)
            if row is None or row.memory.tenant != tenant:
                return None
            del self.rows[memory_id]
            self.outbox.pop(memory_id, None)
            self._tombstones[memory_id] = Tombstone.of(row.request, now)
            return row.memory.audio_key

    # retries by the owner

    def retry(self, tenant: str, memory_id: str, now: datetime, relay_from: datetime) -> Accepted | None:
        with self._lock:
            row = self._of_tenant(tenant, memory_id)
            if row is None or row.memory.status is not Status.FAILED:
                return self._unchanged(row)
            row.step(Status.QUEUED, now, **NO_FAILURE)
            return Accepted(row.memory, True, self._put_into_outbox(memory_id, now, relay_from))

    def retry_analysis(self, tenant: str, memory_id: str, now: datetime, relay_from: datetime) -> Accepted | None:
        with self._lock:
            row = self._of_tenant(tenant, memory_id)
            if row is None or row.memory.analysis_state is not AnalysisState.GAVE_UP:
                return self._unchanged(row)
            row.change(now, analysis_state=AnalysisState.PENDING, analysis_attempts=0, analysis_due_at=relay_from)
            return Accepted(row.memory, True, self._put_into_outbox(memory_id, now, relay_from))

    # recovery: relay and sweep

    def claim_outbox(self, now: datetime, next_due_at: datetime, limit: int) -> list[OutboxEntry]:
        with self._lock:
            due = [(row.due_at, row.id, memory_id) for memory_id, row in self.outbox.items() if row.due_at <= now]
            claimed = [memory_id for _, _, memory_id in sorted(due)[:limit]]
            for memory_id in claimed:
                self.outbox[memory_id].due_at = next_due_at
            return sorted((self._outbox_entry(memory_id) for memory_id in claimed), key=lambda entry: entry.id)

    def mark_sent(self, outbox_id: int) -> None:
        with self._lock:
            for memory_id, row in self.outbox.items():
                if row.id == outbox_id:
                    del self.outbox[memory_id]
                    return

    def queue_due_analyses(self, now: datetime, next_due_at: Sequence[datetime], limit: int) -> list[str]:
        with self._lock:
            waiting = [row for row in self.rows.values() if row.waits_for_analysis(now)]
            oldest = sorted(waiting, key=lambda row: (row.memory.analysis_due_at or now, row.memory.id))[:limit]
            return [row.memory.id for row in oldest if self._queue_analysis(row, now, next_due_at)]

    def fail_abandoned(self, processing_since: datetime, waiting_since: datetime, now: datetime) -> list[str]:
        with self._lock:
            rows = [row for row in self.rows.values() if row.is_abandoned(processing_since, waiting_since, now)]
            rows.sort(key=lambda row: (row.memory.updated_at, row.memory.id))
            for row in rows:
                failure = {**NO_FAILURE, "failure_reason": FailureReason.ABANDONED, "failure_detail": ABANDONED_DETAIL}
                row.step(Status.FAILED, now, **NO_LEASE, **failure)
            return [row.memory.id for row in rows]

    def has_waiting_since(self, before: datetime) -> bool:
        with self._lock:
            waiting = (row.memory for row in self.rows.values() if row.memory.waits_for_a_worker)
            return any(memory.updated_at < before for memory in waiting)

    def delete_unsubmitted_uploads(self, begun_before: datetime) -> list[str]:
        with self._lock:
            uploading = (row.memory for row in self.rows.values() if row.memory.status is Status.UPLOADING)
            old = [memory.id for memory in uploading if memory.created_at < begun_before]
            for memory_id in old:
                del self.rows[memory_id]
            return old

    def known_audio(self, keys: Iterable[str]) -> set[str]:
        with self._lock:
            return {row.memory.audio_key for row in self.rows.values()}.intersection(keys)

    def deleted_by(self, tenant: str, memory_ids: Iterable[str]) -> set[str]:
        with self._lock:
            return {each.memory_id for each in self._tombstones.values() if each.tenant == tenant} & set(memory_ids)

    def delete_tombstones(self, before: datetime, limit: int) -> int:
        with self._lock:
            old = [(each.deleted_at, each.memory_id) for each in self._tombstones.values() if each.deleted_at < before]
            for _, memory_id in sorted(old)[:limit]:
                del self._tombstones[memory_id]
            return min(len(old), limit)

    # processing

    def claim(self, request: ClaimRequest, now: datetime) -> Claim:
        with self._lock:
            row = self.rows.get(request.memory_id)
            if row is None:
                return Deleted() if request.memory_id in self._tombstones else Unknown()
            before = row.memory
            refused = claim_without_lease(before, request, now)
            if refused is not None:
                return refused
            row.steps(
                steps_into_work(before.status),
                now,
                lease_token=request.lease_token,
                lease_expires_at=request.expires_at,
                attempts=before.attempts + 1,
                **(NO_FAILURE if before.status is Status.FAILED else {}),
            )
            taken_over = before.lease_token is not None
            return Claimed(row.memory, request.lease, taken_over)

    def save_transcript(self, lease: Lease, transcript: NewTranscript, now: datetime) -> None:
        with self._lock:
            row = self._leased(lease)
            if row.memory.status is Status.TRANSCRIPT_ONLY:
                return
            _require(row, Status.PROCESSING, to=Status.TRANSCRIPT_ONLY)
            row.step(
                Status.TRANSCRIPT_ONLY,
                now,
                transcript=storable(transcript.text),
                transcribed_at=now,
                analysis_state=AnalysisState.PENDING,
                analysis_due_at=transcript.analysis_due_at,
                **row.added(transcript.usage),
            )

    def save_analysis(self, lease: Lease, analysis: Analysis, usage: Usage, now: datetime) -> None:
        with self._lock:
            known = self.rows.get(lease.memory_id)
            if known is not None and known.completed_under == lease.token:
                return
            row = self._leased(lease)
            _require(row, Status.TRANSCRIPT_ONLY, to=Status.COMPLETE)
            row.step(
                Status.COMPLETE,
                now,
                analysis=storable_analysis(analysis),
                analysis_state=AnalysisState.DONE,
                analysis_due_at=None,
                completed_at=now,
                **row.added(usage),
                **NO_FAILURE,
                **NO_LEASE,
            )
            row.completed_under = lease.token

    def postpone_analysis(self, lease: Lease, failure: AnalysisFailure, now: datetime) -> None:
        with self._lock:
            row = self._leased(lease)
            _require(row, Status.TRANSCRIPT_ONLY, to=Status.TRANSCRIPT_ONLY)
            row.change(
                now,
                analysis_state=AnalysisState.GAVE_UP if failure.retry_at is None else AnalysisState.PENDING,
                analysis_due_at=failure.retry_at,
                failure_reason=failure.reason,
                failure_detail=storable(failure.detail),
                **row.added(failure.usage),
                **NO_LEASE,
            )

    def fail(self, lease: Lease, failure: MemoryFailure, now: datetime) -> None:
        with self._lock:
            row = self._leased(lease)
            _require(row, Status.PROCESSING, to=Status.FAILED)
            row.step(
                Status.FAILED,
                now,
                failure_reason=failure.reason,
                failure_detail=storable(failure.detail),
                failed_message_id=failure.message_id,
                **row.added(failure.usage),
                **NO_LEASE,
            )

    def release(self, lease: Lease, usage: Usage, now: datetime) -> None:
        with self._lock:
            row = self.rows.get(lease.memory_id)
            if row is not None and row.memory.lease_token == lease.token:
                row.change(now, **row.added(usage), **NO_LEASE)

    # health

    def figures(self) -> StoreFigures:
        with self._lock:
            counts = Counter(row.memory.status for row in self.rows.values())
            oldest_at = min((row.written_at for row in self.outbox.values()), default=None)
            return StoreFigures(dict(counts), len(self.outbox), oldest_at)

    def check(self) -> None:
        """Never raises."""

    # helpers, called with the lock held

    def _leased(self, lease: Lease) -> MemoryRow:
        row = self.rows.get(lease.memory_id)
        if row is None or row.memory.lease_token != lease.token:
            raise LeaseLost("the lease was taken over, or the memory deleted")
        return row

    def _refuse_deleted(self, request: RequestKey) -> None:
        if any(tombstone.refuses(request) for tombstone in self._tombstones.values()):
            raise MemoryDeleted("the memory of this idempotency key was deleted")

    def _insert(self, row: MemoryRow) -> Accepted:
        require_memory_id(row.memory.id)
        for known in self.rows.values():
            if known.request.is_repeated_by(row.request):
                known.request.require_same_content(row.request)
                return Accepted(known.memory, created=False)
        self._refuse_deleted(row.request)
        self.rows[row.memory.id] = row
        return Accepted(row.memory, created=True)

    def _of_tenant(self, tenant: str, memory_id: str) -> MemoryRow | None:
        row = self.rows.get(memory_id)
        return row if row is not None and row.memory.tenant == tenant else None

    def _unchanged(self, row: MemoryRow | None) -> Accepted | None:
        return None if row is None else Accepted(row.memory, False, self._outbox_id_of(row.memory.id))

    def _put_into_outbox(self, memory_id: str, now: datetime, due_at: datetime) -> int:
        """A new row replaces an old one, whose sender may be about to remove it."""
        row = self.outbox[memory_id] = OutboxRow(next(self._outbox_ids), due_at, now, current_traceparent())
        return row.id

    def _outbox_id_of(self, memory_id: str) -> int | None:
        row = self.outbox.get(memory_id)
        return row.id if row is not None else None

    def _outbox_entry(self, memory_id: str) -> OutboxEntry:
        row, memory = self.outbox[memory_id], self.rows[memory_id].memory
        return OutboxEntry(row.id, Job(memory_id, memory.correlation_id, row.traceparent))

    def _queue_analysis(self, row: MemoryRow, now: datetime, next_due_at: Sequence[datetime]) -> bool:
        queued_before = row.memory.analysis_attempts
        if queued_before >= len(next_due_at):
            row.change(now, analysis_state=AnalysisState.GAVE_UP, analysis_due_at=None)
            return False
        row.change(now, analysis_attempts=queued_before + 1, analysis_due_at=next_due_at[queued_before])
        self._put_into_outbox(row.memory.id, now, now)
        return True


def _require(row: MemoryRow, expected: Status, to: Status) -> None:
    if row.memory.status is not expected:
        raise wrong_step(row.memory.status, to)
