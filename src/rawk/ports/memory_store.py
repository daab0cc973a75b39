"""The database of memories, with their history, their leases and the outbox (Postgres)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from rawk.domain.memory import Analysis, FailureReason, Memory, MemorySummary, NewMemory, Status, StatusChange, Usage
from rawk.domain.messages import Job
from rawk.ports.leases import Claim, ClaimRequest, Lease


@dataclass(frozen=True, slots=True)
class Accepted:
    memory: Memory
    created: bool
    """False when nothing was written: the idempotency key was known, or the step was taken before."""
    outbox_id: int | None = None
    """Id of the outbox row whose job was not sent yet; None when there is none."""


@dataclass(frozen=True, slots=True)
class SubmittedUpload:
    """Audio that a client uploaded straight to the store, in the copy that no client can replace."""

    tenant: str
    memory_id: str
    content_type: str
    size_bytes: int
    audio_key: str
    """The copy's key."""
    audio_sha256: str


@dataclass(frozen=True, slots=True)
class NewTranscript:
    text: str
    usage: Usage
    analysis_due_at: datetime
    """When the sweep queues the analysis, unless the worker has saved it by then."""


@dataclass(frozen=True, slots=True)
class AnalysisFailure:
    """Why there is no analysis yet; `retry_at` None gives the analysis up."""

    reason: FailureReason
    detail: str
    usage: Usage
    retry_at: datetime | None


@dataclass(frozen=True, slots=True)
class MemoryFailure:
    """Why a memory failed, and the SQS message whose processing failed it."""

    message_id: str
    reason: FailureReason
    detail: str
    usage: Usage


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    id: int
    job: Job


@dataclass(frozen=True, slots=True)
class StoreFigures:
    memories: Mapping[Status, int]
    """Number of memories by status; a status without memories is left out."""
    outbox_rows: int
    oldest_outbox_row_at: datetime | None
    """When the oldest row of the outbox was written; None when the outbox is empty."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last memory of a page: the next page starts after it."""

    created_at: datetime
    id: str


class MemoryStore(Protocol):
    """Memories, their history, their leases and the outbox. One call, one transaction.

    Every method raises DatabaseUnavailable when the database does not answer or refuses the transaction for a
    temporary reason (serialization conflict, restart). Methods that take a Lease raise LeaseLost, and change nothing,
    when it is no longer the memory's lease.
    """

    # intake

    def accept(self, new: NewMemory, now: datetime, relay_from: datetime) -> Accepted:
        """Write the memory, `queued`, and an outbox row that the relay may send from `relay_from` on.

        A known idempotency key of the same tenant gives the memory that it created. Raises IdempotencyConflict if that
        memory has another content digest, MemoryDeleted if it was deleted since.
        """

    def begin_upload(self, new: NewMemory, now: datetime) -> Accepted:
        """Write the memory, `uploading`: it has no audio and no job yet. Raises as `accept` does."""

    def submit_upload(self, upload: SubmittedUpload, now: datetime, relay_from: datetime) -> Accepted | None:
        """The audio is stored: `uploading` becomes `queued`, with the copy's key and an outbox row as by `accept`.

        A memory that is no longer `uploading` is returned unchanged. None when the tenant has no such memory.
        """

    def withdraw_upload(self, tenant: str, memory_id: str) -> str | None:
        """Remove a memory that is still `uploading`; its idempotency key is free again.

        Gives the audio's key, or None when there is no such memory or it was submitted.
        """

    def get(self, tenant: str, memory_id: str) -> Memory | None: ...

    def find(self, memory_id: str) -> Memory | None:
        """A memory of any tenant, for operators only."""

    def summary(self, tenant: str, memory_id: str) -> MemorySummary | None:
        """As `get`, without reading the transcript."""

    def page(self, tenant: str, status: Status | None, after: Cursor | None, limit: int) -> list[MemorySummary]:
        """Newest first. No transcript is read."""

    def history(self, memory_id: str) -> list[StatusChange]: ...

    def delete(self, tenant: str, memory_id: str, now: datetime) -> str | None:
        """Remove the memory, its history and outbox rows; leave a tombstone. Gives the audio's key, or None.

        The tombstone has the memory's id, its tenant, when it was deleted, and a digest of its idempotency key.
        """

    # retries by the owner

    def retry(self, tenant: str, memory_id: str, now: datetime, relay_from: datetime) -> Accepted | None:
        """`failed` becomes `queued`, without its failure reason, with an outbox row as by `accept`.

        A memory that is not `failed` is returned unchanged. None when the tenant has no such memory.
        """

    def retry_analysis(self, tenant: str, memory_id: str, now: datetime, relay_from: datetime) -> Accepted | None:
        """An analysis that was given up becomes `pending` again with zero attempts, with an outbox row.

        From `relay_from` on the sweep may queue it, too. A memory whose analysis was not given up is returned
        unchanged. None when the tenant has no such memory.
        """

    # recovery: relay and sweep

    def claim_outbox(self, now: datetime, next_due_at: datetime, limit: int) -> list[OutboxEntry]:
        """Entries due by now, each given to one caller only; due again at `next_due_at` unless marked sent."""

    def mark_sent(self, outbox_id: int) -> None:
        """Remove the outbox row. Does nothing when it is gone.

        The row's own id, not the memory's, names it: a late call for a job that was sent must not remove the row of a
        newer job of the same memory.
        """

    def queue_due_analyses(self, now: datetime, next_due_at: Sequence[datetime], limit: int) -> list[str]:
        """Put transcript-only memories whose analysis is due, and that have no live lease, into the outbox.

        `next_due_at[n]` is when an analysis that was queued n times before is due again (the n-th growing gap from
        now); one that was queued `len(next_due_at)` times is given up and keeps its failure reason. Gives the ids that
        were put into the outbox.
        """

    def fail_abandoned(self, processing_since: datetime, waiting_since: datetime, now: datetime) -> list[str]:
        """Fail, with the reason `abandoned`, memories that no job will ever reach. Gives their ids.

        That is: `processing` with an expired lease and unchanged since before `processing_since`, or waiting for a
        worker and unchanged since before `waiting_since`.
        """

    def has_waiting_since(self, before: datetime) -> bool:
        """Whether a memory waits for a worker (`Memory.waits_for_a_worker`), unchanged since before the moment."""

    def delete_unsubmitted_uploads(self, begun_before: datetime) -> list[str]:
        """Remove memories that are `uploading` since before the moment, as `withdraw_upload` does. Gives their ids."""

    def known_audio(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys that belong to a memory."""

    def delete_tombstones(self, before: datetime, limit: int) -> int:
        """Remove tombstones of deletions before the moment, oldest first. Gives how many; fewer than the limit: all."""

    def deleted_by(self, tenant: str, memory_ids: Iterable[str]) -> set[str]:
        """Those of the ids whose memory the tenant had and deleted, as long as their tombstones are kept."""

    # processing

    def claim(self, request: ClaimRequest, now: datetime) -> Claim:
        """Lease the memory to the caller and count the attempt, unless it is finished, deleted, unknown or leased.

        `queued` becomes `processing`. `failed` becomes `queued` and then `processing` (a redrive), unless the request
        names the message that failed it. A transcript-only memory stays so. A memory whose analysis was given up, or
        that failed for one of RECORDING_FAULTS, is Finished.
        """

    def save_transcript(self, lease: Lease, transcript: NewTranscript, now: datetime) -> None:
        """Commit the transcript: `transcript_only`, analysis `pending`, the lease kept.

        It is safe to save twice under one lease: the answer to the first commit may be lost.
        """

    def save_analysis(self, lease: Lease, analysis: Analysis, usage: Usage, now: datetime) -> None:
        """Commit the analysis: `complete`, the lease released. It is safe to save twice under one lease."""

    def postpone_analysis(self, lease: Lease, failure: AnalysisFailure, now: datetime) -> None:
        """Leave the memory `transcript_only` with the failure's reason, the lease released."""

    def fail(self, lease: Lease, failure: MemoryFailure, now: datetime) -> None:
        """`failed`, the lease released. Never called on a memory that has a transcript."""

    def release(self, lease: Lease, usage: Usage, now: datetime) -> None:
        """Release the lease and add the usage. Does nothing when it is no longer the memory's lease."""

    # health

    def figures(self) -> StoreFigures:
        """Counts over all tenants."""

    def check(self) -> None:
        """Raises DatabaseUnavailable unless the database answers."""
