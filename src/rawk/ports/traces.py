"""What an operator's trace of one recording reads: log lines, and what the database has besides its texts."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from rawk.domain.memory import AnalysisState, FailureReason, Status, StatusChange


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a log, whatever wrote it. `key` is the same whenever the same line is read again."""

    key: str
    where: str
    """The part of the pipeline, as far as the name of its log says it."""
    at: datetime | None
    """When it was written, as far as the log says it; the line itself may know better."""
    text: str


class Logs(Protocol):
    def lines(self, ids: Collection[str], since: datetime | None) -> Iterable[LogLine]:
        """Lines that contain one of the ids, in the order of each log, perhaps earlier ones than `since`, too.

        Raises LogsUnavailable.
        """

    def cut_short(self) -> Sequence[str]:
        """What was not read to its end because there was too much of it, in words."""


@dataclass(frozen=True, slots=True)
class TracedMemory:
    """A memory without anything that a person said or wrote. A deleted one has only an id and `deleted_at`."""

    id: str
    deleted_at: datetime | None = None
    correlation_id: str | None = None
    status: Status | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    attempts: int = 0
    analysis_state: AnalysisState | None = None
    analysis_attempts: int = 0
    analysis_due_at: datetime | None = None
    failure_reason: FailureReason | None = None
    failure_detail: str | None = None
    failed_message_id: str | None = None
    openai_calls: int = 0
    billed_seconds: float = 0.0
    lease_expires_at: datetime | None = None
    history: tuple[StatusChange, ...] = ()
    outbox_written_at: datetime | None = None
    outbox_due_at: datetime | None = None
    """When the relay may send the job; None when nothing is in the outbox."""


class TracedMemories(Protocol):
    def trace(self, an_id: str, limit: int) -> list[TracedMemory]:
        """Memories, oldest first, that have this id, correlation id, or id of the message that failed them.

        Raises DatabaseUnavailable.
        """
