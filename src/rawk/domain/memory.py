"""A memory and its statuses: the product's central value.

uploading → queued → processing → transcript_only → complete
               ↑  ↓      ↓
               └───── failed          (only a redrive or a retry leads out of `failed`)
"""

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Self


class Status(StrEnum):
    UPLOADING = "uploading"
    QUEUED = "queued"
    PROCESSING = "processing"
    TRANSCRIPT_ONLY = "transcript_only"
    COMPLETE = "complete"
    FAILED = "failed"


class AnalysisState(StrEnum):
    """Whether a transcript-only memory waits for its analysis or the analysis was given up."""

    PENDING = "pending"
    DONE = "done"
    GAVE_UP = "gave_up"


class FailureReason(StrEnum):
    """Why a memory or its analysis failed; an operator or the owner can act on each."""

    OPENAI_UNAVAILABLE = "openai_unavailable"
    OPENAI_QUOTA = "openai_quota"
    OPENAI_REFUSED = "openai_refused"
    """OpenAI refused the call and did not say why in words that the product knows."""
    CONFIGURATION = "configuration"
    STORAGE_UNAVAILABLE = "storage_unavailable"
    AUDIO_UNREADABLE = "audio_unreadable"
    AUDIO_TOO_LARGE = "audio_too_large"
    AUDIO_TOO_LONG = "audio_too_long"
    AUDIO_TOO_SHORT = "audio_too_short"
    AUDIO_FILTERED = "audio_filtered"
    AUDIO_MISSING = "audio_missing"
    AUDIO_ALTERED = "audio_altered"
    TRANSCRIPTION_MALFORMED = "transcription_malformed"
    ANALYSIS_MALFORMED = "analysis_malformed"
    ANALYSIS_REFUSED = "analysis_refused"
    ANALYSIS_FILTERED = "analysis_filtered"
    ANALYSIS_TRUNCATED = "analysis_truncated"
    ABANDONED = "abandoned"
    OTHER = "other"
    """Read, never written: a reason of a newer release, during a deployment or after a rollback."""


RECORDING_FAULTS = frozenset(
    {
        FailureReason.AUDIO_UNREADABLE,
        FailureReason.AUDIO_TOO_LARGE,
        FailureReason.AUDIO_TOO_LONG,
        FailureReason.AUDIO_TOO_SHORT,
        FailureReason.AUDIO_FILTERED,
    }
)
"""Reasons that lie in the recording itself: no operator can mend it, only another recording helps.

The message of such a memory is no dead letter. `audio_missing` is not one of them: the pipeline lost what it accepted.
"""

ALLOWED_STEPS: frozenset[tuple[Status, Status]] = frozenset(
    {
        (Status.UPLOADING, Status.QUEUED),
        (Status.QUEUED, Status.PROCESSING),
        (Status.QUEUED, Status.FAILED),
        (Status.PROCESSING, Status.TRANSCRIPT_ONLY),
        (Status.PROCESSING, Status.FAILED),
        (Status.TRANSCRIPT_ONLY, Status.COMPLETE),
        (Status.FAILED, Status.QUEUED),
    }
)


@dataclass(frozen=True, slots=True)
class Analysis:
    """The model's analysis of a transcript."""

    title: str
    summary: str
    topics: tuple[str, ...]
    people: tuple[str, ...]
    mood: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Usage of OpenAI: calls sent, and seconds of audio charged."""

    openai_calls: int = 0
    billed_seconds: float = 0.0

    def __add__(self, other: Self) -> Self:
        return type(self)(self.openai_calls + other.openai_calls, self.billed_seconds + other.billed_seconds)


@dataclass(frozen=True, slots=True)
class NewMemory:
    """A memory that is about to be written; its audio is in the store, or will be uploaded to it."""

    id: str
    tenant: str
    audio_key: str
    audio_content_type: str
    audio_bytes: int
    content_digest: str
    """SHA-256 of audio, title and recording time, in hex: the content that an idempotency key identifies."""
    correlation_id: str
    idempotency_key: str | None = None
    title: str | None = None
    recorded_at: datetime | None = None
    audio_sha256: str | None = None
    """SHA-256 of the audio, in hex; None before a direct upload is accepted."""


@dataclass(frozen=True, slots=True)
class MemorySummary:
    """What lists and event streams show of a memory: no transcript and no analysis, which may be long."""

    id: str
    tenant: str
    status: Status
    audio_content_type: str
    audio_bytes: int
    created_at: datetime
    updated_at: datetime
    title: str | None
    recorded_at: datetime | None
    analysis_state: AnalysisState | None
    failure_reason: FailureReason | None
    failure_detail: str | None


@dataclass(frozen=True)
class Memory:
    """A memory as it is in the database. All times are UTC."""

    id: str
    tenant: str
    status: Status
    audio_key: str
    audio_content_type: str
    audio_bytes: int
    correlation_id: str
    created_at: datetime
    updated_at: datetime
    title: str | None = None
    recorded_at: datetime | None = None
    audio_sha256: str | None = None
    """SHA-256 of the accepted audio, in hex; None while `uploading`, and where a release without it accepted the
    audio."""
    transcript: str | None = None
    analysis: Analysis | None = None
    analysis_state: AnalysisState | None = None
    analysis_attempts: int = 0
    """How often the sweep has queued the analysis again."""
    analysis_due_at: datetime | None = None
    failure_reason: FailureReason | None = None
    """Why it failed; with `transcript_only`, why the last analysis did."""
    failure_detail: str | None = None
    failed_message_id: str | None = None
    """The SQS message whose processing failed the memory; another message is a redrive or a retry."""
    attempts: int = 0
    openai_calls: int = 0
    billed_seconds: float = 0.0
    transcribed_at: datetime | None = None
    completed_at: datetime | None = None
    lease_token: str | None = None
    lease_expires_at: datetime | None = None

    @property
    def summary(self) -> MemorySummary:
        return MemorySummary(**{each.name: getattr(self, each.name) for each in fields(MemorySummary)})

    @property
    def waits_for_a_worker(self) -> bool:
        """No worker has begun, or the last one returned the job: its message is in a queue. The lease of a worker that
        died stays until another one takes it over."""
        return self.status in (Status.QUEUED, Status.PROCESSING) and self.lease_token is None


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One entry of a memory's history, numbered from 1."""

    number: int
    status: Status
    at: datetime
