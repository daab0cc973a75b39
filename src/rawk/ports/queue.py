"""The jobs queue and its dead-letter queue (SQS)."""

from collections.abc import Collection, Generator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from rawk.domain.messages import Job


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
        """Make the message visible again after this many seconds (0..43,200), not after the queue's own timeout."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was received too often. `receive_count` and `first_sent_at` are SQS's own."""

    message_id: str
    receipt_handle: str
    body: str
    receive_count: int
    first_sent_at: datetime


class DeadLetters(Protocol):
    """The dead-letter queue. All methods raise QueueUnavailable when it does not answer."""

    def peek(self, limit: int) -> list[DeadLetter]:
        """Up to `limit` different dead letters, which stay in the queue, and visible."""

    def take(self, message_ids: Collection[str]) -> Generator[DeadLetter]:
        """Receive those of the dead letters that can be received; each is invisible to others for a minute.

        Each receipt handle is that of the latest receive: SQS ignores a removal by an earlier one. Move or remove each
        before the next; when the generator is closed early, those that are left are visible again.
        """

    def move_all(self, max_per_second: int | None) -> None:
        """Start SQS's own message move task back to the jobs queue."""

    def move(self, letter: DeadLetter) -> None:
        """Send one dead letter to the jobs queue, then remove it from this one: two copies do no harm, none does."""

    def remove(self, letter: DeadLetter) -> None: ...

    def count(self) -> int:
        """SQS's approximate number of dead letters, those in flight included."""
