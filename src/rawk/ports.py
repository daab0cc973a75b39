"""What the use cases need of the outside world, and nothing about who provides it.

Each call of `MemoryStore` is one transaction: it happens whole or not at all. Every port has a real adapter and an
in-memory one, and both pass the same contract tests (`tests/contract`). Time comes from `Clock` alone, never from
a database's `now()`, and chance from `Randomness` alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from rawk.domain.memory import Analysis, FailureReason, Memory, NewMemory, Status, StatusChange, Usage
from rawk.domain.messages import Job


class Clock(Protocol):
    def now(self) -> datetime:
        """The time, in UTC, with a time zone."""

    def sleep(self, seconds: float) -> None: ...


class Randomness(Protocol):
    def random(self) -> float:
        """A number from 0 up to, not including, 1."""

    def new_id(self) -> str:
        """A fresh UUID as text."""


# --- audio -----------------------------------------------------------------------------------------------------------


class AudioUpload(Protocol):
    """An upload under way. Nothing of it can be read before `complete`; `abort` leaves nothing behind."""

    def write(self, chunk: bytes) -> None: ...
    def complete(self) -> None: ...
    def abort(self) -> None:
        """Give up. Never raises: what could not be removed is swept by age."""


@dataclass(frozen=True, slots=True)
class AudioForm:
    """What lets its holder upload one object: POST to the URL the fields as they are, then the part `file`."""

    url: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AudioHead:
    """How stored audio begins, and how much of it there is."""

    leading_bytes: bytes
    size_bytes: int


class AudioStore(Protocol):
    """All methods raise StorageUnavailable when the store does not answer."""

    def open_upload(self, key: str, content_type: str) -> AudioUpload: ...

    def upload_form(self, key: str, content_type: str, max_bytes: int, valid_seconds: int) -> AudioForm:
        """Let whoever holds the form store 1 to `max_bytes` bytes of that type under the key, past us."""

    def link(self, key: str, content_type: str, valid_seconds: int) -> str:
        """A URL under which whoever holds it can fetch the audio, past us. Does not look whether there is any."""

    def look(self, key: str, leading_bytes: int) -> AudioHead:
        """Raises AudioMissing when there is nothing under the key."""

    def fetch(self, key: str) -> bytes:
        """Raises AudioMissing when there is nothing under the key."""

    def delete(self, key: str) -> None:
        """Deleting what is not there is fine."""

    def older_than(self, moment: datetime) -> Iterator[str]:
        """Keys of all audio last written before the moment."""

    def check(self) -> None:
        """Raises StorageUnavailable unless the store answers."""


# --- the queue -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message handed to a worker. `receive_count` starts at 1."""

    message_id: str
    receipt_handle: str
    body: str
    receive_count: int


class JobQueue(Protocol):
    """All methods raise QueueUnavailable when the queue does not answer."""

    def send(self, job: Job) -> None: ...

    def postpone(self, delivery: Delivery, seconds: int) -> None:
        """Let the message be received again after so many seconds (0..43,200) instead of the queue's own number."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    message_id: str
    receipt_handle: str
    body: str
    receive_count: int
    first_sent_at: datetime


class DeadLetters(Protocol):
    """The dead-letter queue. All methods raise QueueUnavailable when it does not answer."""

    def peek(self, limit: int) -> list[DeadLetter]:
        """Up to `limit` dead letters, each once, and left where they are."""

    def move_all(self, max_per_second: int | None) -> None:
        """Start SQS's own message move task back to the jobs queue."""

    def move(self, letter: DeadLetter) -> None:
        """Send one letter to the jobs queue, then take it out of this one."""

    def remove(self, letter: DeadLetter) -> None: ...

    def count(self) -> int:
        """About how many there are, in flight included."""


# --- the database ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Accepted:
    memory: Memory
    created: bool
    """False when nothing was written: the idempotency key was known, or the step had been taken before."""
    outbox_id: int | None = None
    """Of the outbox row that waits for the memory's job to be sent; None when there is none."""


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    id: int
    job: Job


@dataclass(frozen=True, slots=True)
class StoreFigures:
    memories: Mapping[Status, int]
    """By status; one that no memory has is left out."""
    outbox_rows: int
    oldest_outbox_row_at: datetime | None
    """When the job was asked for that has waited longest to be sent."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one memory until it expires. `token` is fresh for every claim."""

    memory_id: str
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Claimed:
    memory: Memory
    lease: Lease
    taken_over: bool
    """True when an earlier worker's lease had expired: it was killed or lost its way."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Another worker holds the lease."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Finished:
    """Nothing is left to do."""

    memory: Memory


@dataclass(frozen=True, slots=True)
class AwaitingDeadLetter:
    """This very message has failed the memory before and is on its way to the dead-letter queue."""

    memory: Memory


@dataclass(frozen=True, slots=True)
class Deleted:
    """The memory was deleted while its job was in flight."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """There never was such a memory."""


type Claim = Claimed | Busy | Finished | AwaitingDeadLetter | Deleted | Unknown


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last memory of a page: the next page starts after it."""

    created_at: datetime
    id: str


class MemoryStore(Protocol):
    """Memories, their history, their leases and the outbox. One call, one transaction.

    Every method raises DatabaseUnavailable when the database does not answer or refuses the transaction for a
    passing reason (serialization conflict, restart). Those that take a Lease raise LeaseLost when it is no
    longer the memory's lease, and then change nothing.
    """

    # taking in (intake)

    def accept(self, new: NewMemory, now: datetime, send_again_at: datetime) -> Accepted:
        """Write the memory, `queued`, and the outbox row that the relay may send from `send_again_at` on.

        A known idempotency key of the same tenant gives the memory it made. Raises IdempotencyConflict if that
        has another content digest, MemoryDeleted if it was deleted since.
        """

    def begin_upload(self, new: NewMemory, now: datetime) -> Accepted:
        """Write the memory, `uploading`: its audio is still to come, and it has no job. Raises as `accept` does."""

    def submit_upload(
        self, tenant: str, memory_id: str, content_type: str, size_bytes: int, now: datetime, send_again_at: datetime
    ) -> Accepted | None:
        """Its audio has come: `uploading` becomes `queued`, with an outbox row as by `accept`.

        A memory that is no longer `uploading` is given as it is. None when the tenant has no such memory.
        """

    def withdraw_upload(self, tenant: str, memory_id: str) -> str | None:
        """Remove a memory that is still `uploading`, without a trace: its idempotency key may be used anew.

        Gives the audio's key, or None when there is no such memory or it was submitted.
        """

    def get(self, tenant: str, memory_id: str) -> Memory | None: ...

    def find(self, memory_id: str) -> Memory | None:
        """For operators only: whosever it is."""

    def page(self, tenant: str, status: Status | None, after: Cursor | None, limit: int) -> list[Memory]:
        """Newest first."""

    def history(self, memory_id: str) -> list[StatusChange]: ...

    def delete(self, tenant: str, memory_id: str, now: datetime) -> str | None:
        """Remove the memory, its history and outbox rows; leave a tombstone. Gives the audio's key, or None."""

    # once more (again)

    def retry(self, tenant: str, memory_id: str, now: datetime, send_again_at: datetime) -> Accepted | None:
        """`failed` becomes `queued`, its reason forgotten, with an outbox row as by `accept`.

        A memory that is not `failed` is given as it is. None when the tenant has no such memory.
        """

    def ask_for_analysis(self, tenant: str, memory_id: str, now: datetime, send_again_at: datetime) -> Accepted | None:
        """An analysis that was given up is `pending` again, as if it had never been tried, with an outbox row.

        From `send_again_at` on the sweep looks after it. A memory whose analysis was not given up is given as it is.
        None when the tenant has no such memory.
        """

    # outbox and sweep (recovery)

    def claim_outbox(self, now: datetime, again_at: datetime, limit: int) -> list[OutboxEntry]:
        """Entries due by now, each given to one caller only and due again at `again_at` unless marked sent."""

    def mark_sent(self, outbox_id: int) -> None:
        """Forget the outbox row. Fine when it is gone.

        By its own id and not its memory's: whoever notes late that a job was sent must not take away the row of one
        that was asked for since.
        """

    def queue_due_analyses(self, now: datetime, again_at: Sequence[datetime], limit: int) -> list[str]:
        """Put transcript-only memories whose analysis is due, and that no live lease holds, into the outbox.

        `again_at[n]` is when the one that was queued n times before is due again (the n-th growing gap from now);
        one that was queued `len(again_at)` times gives up instead, keeping its failure reason. Gives the ids that
        were put into the outbox.
        """

    def fail_abandoned(self, processing_since: datetime, queued_since: datetime, now: datetime) -> list[str]:
        """Fail, as `abandoned`, what is `processing` without a live lease and unchanged since before the first
        moment, and what is `queued` unchanged since before the second. Gives the ids."""

    def forget_uploads(self, begun_before: datetime) -> list[str]:
        """Remove memories still `uploading` that were begun before the moment, as `withdraw_upload` does; gives ids."""

    def known_audio(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys that belong to a memory."""

    def forget_deleted(self, before: datetime) -> int:
        """Remove tombstones older than the moment; gives how many."""

    # working off (processing)

    def claim(self, memory_id: str, message_id: str, token: str, now: datetime, expires_at: datetime) -> Claim:
        """Lease the memory to the caller and count the attempt, unless it is done, deleted, unknown or leased.

        `queued` becomes `processing`. `failed` becomes `queued` and then `processing` (a redrive), unless
        `message_id` is the one that failed it. A transcript-only memory stays so; one that gave up is Finished.
        """

    def save_transcript(
        self, lease: Lease, transcript: str, usage: Usage, now: datetime, analysis_due_at: datetime
    ) -> None:
        """Commit the transcript: `transcript_only`, analysis `pending`, the lease kept.

        Saving it twice under one lease is fine: an answer lost after the commit must not cost a second try.
        """

    def save_analysis(self, lease: Lease, analysis: Analysis, usage: Usage, now: datetime) -> None:
        """Commit the analysis: `complete`, the lease released. Saving it twice under one lease is fine."""

    def postpone_analysis(
        self,
        lease: Lease,
        reason: FailureReason,
        detail: str,
        usage: Usage,
        now: datetime,
        due_at: datetime | None,
    ) -> None:
        """Leave the memory `transcript_only`, the lease released; `due_at` None gives the analysis up."""

    def fail(
        self, lease: Lease, message_id: str, reason: FailureReason, detail: str, usage: Usage, now: datetime
    ) -> None:
        """`failed`, the lease released. Never called on a memory that has a transcript."""

    def release(self, lease: Lease, usage: Usage, now: datetime) -> None:
        """Give the lease back with nothing but the usage changed. Fine when it is no longer ours."""

    # health

    def figures(self) -> StoreFigures:
        """How much of what there is, all tenants together."""

    def check(self) -> None:
        """Raises DatabaseUnavailable unless the database answers."""


# --- news of a status ------------------------------------------------------------------------------------------------


class Following(Protocol):
    async def changed(self, up_to_seconds: float) -> bool:
        """Wait for an announcement of the memory, at most so long; whether there was one since the wait before.

        The first wait ends as soon as listening has begun: what was announced earlier was not heard.
        """


class StatusNotifications(Protocol):
    """That something about a memory's status has changed, told to those who follow it: a hint to look, no more.

    Announcements may be lost and may come twice, so whoever follows also looks when none came. No method raises
    because of whatever carries the news.
    """

    def announce(self, memory_id: str) -> None:
        """Tell whoever follows the memory, after the change is committed. Takes a fraction of a second at most."""

    def follow(self, memory_id: str) -> AbstractAsyncContextManager[Following]: ...


# --- OpenAI ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Transcription:
    text: str
    billed_seconds: float


@dataclass(frozen=True, slots=True)
class AICall:
    """What goes with every call: whom it is for and how long it may take, all in all."""

    memory_id: str
    correlation_id: str
    timeout_seconds: float


class Transcriber(Protocol):
    def transcribe(self, audio: bytes, file_name: str, call: AICall) -> Transcription:
        """One try. Raises AITransient, AIQuotaExhausted, AIMisconfigured or AIRejectedAudio."""


class Analyst(Protocol):
    def analyse(self, transcript: str, call: AICall) -> Analysis:
        """One try. Raises AITransient, AIQuotaExhausted, AIMisconfigured or AIBadAnalysis."""
