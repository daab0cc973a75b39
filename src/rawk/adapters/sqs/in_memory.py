"""A small model of SQS, true to what the pipeline relies on: for unit tests and the explorer.

Modelled after the Amazon SQS Developer Guide (visibility timeout, dead-letter queues, redrive): a message received
stays, out of sight, until it is deleted or its visibility timeout ends; one received more often than the queue
allows moves, at its next receive, to the dead-letter queue, with its id and receive count; a redrive makes a new
message of it. Messages come oldest first, which SQS does not promise. Retention is not modelled.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from threading import RLock
from uuid import NAMESPACE_URL, uuid5

from rawk.adapters.sqs.limits import require_rate, require_visibility
from rawk.domain.messages import Job, encode
from rawk.ports import Clock, DeadLetter, Delivery


@dataclass(slots=True)
class QueuedMessage:
    message_id: str
    body: str
    sent_at: datetime
    visible_at: datetime
    receive_count: int = 0
    receives_here: int = 0
    """Those in this queue, which its limit is about; `receive_count` goes on counting in the dead-letter queue."""
    receipt_handle: str | None = None
    """The latest receive's; SQS gives a new one each time."""


@cache
def _id_prefix(queue_name: str) -> str:
    """All but the last group of a UUID that is the queue's own; counting messages there is far cheaper than hashing."""
    return str(uuid5(NAMESPACE_URL, queue_name))[:-12]


class InMemoryQueue:
    """One queue. `dead_letters` takes what was received `max_receive_count` times and not deleted.

    `held` is what lies in it, by message id: for tests and the explorer to look at, not to change.
    """

    def __init__(
        self,
        clock: Clock,
        visibility_timeout_seconds: int,
        *,
        name: str = "jobs",
        dead_letters: "InMemoryQueue | None" = None,
        max_receive_count: int | None = None,
    ) -> None:
        require_visibility(visibility_timeout_seconds)
        if (dead_letters is None) != (max_receive_count is None):
            raise ValueError("a dead-letter queue and a number of receives need each other")
        self.name = name
        self._clock = clock
        self._visibility_timeout_seconds = visibility_timeout_seconds
        self._dead_letters = dead_letters
        self._max_receive_count = max_receive_count
        self.held: dict[str, QueuedMessage] = {}
        self._numbers = count(1)
        self._lock = RLock()

    def send(self, body: str, delay_seconds: int = 0) -> str:
        """Gives the message id: a UUID, the same in every run."""
        now = self._clock.now()
        with self._lock:
            message_id = f"{_id_prefix(self.name)}{next(self._numbers):012x}"
            self.held[message_id] = QueuedMessage(message_id, body, now, now + timedelta(seconds=delay_seconds))
        return message_id

    def receive(self, limit: int = 1, visibility_timeout_seconds: int | None = None) -> list[Delivery]:
        """Up to `limit` visible messages, each out of sight from now on."""
        with self._lock:
            return [
                Delivery(message.message_id, _handle(message), message.body, message.receive_count)
                for message in self.take(limit, visibility_timeout_seconds)
            ]

    def take(self, limit: int, visibility_timeout_seconds: int | None = None) -> list[QueuedMessage]:
        """Like `receive`, with all that the queue knows of each message."""
        seconds = self._visibility_timeout_seconds if visibility_timeout_seconds is None else visibility_timeout_seconds
        now = self._clock.now()
        taken: list[QueuedMessage] = []
        with self._lock:
            for message in self._visible(now):
                if len(taken) == limit:
                    break
                if self._is_worn_out(message):
                    self._bury(message)
                else:
                    self._hand_out(message, now + timedelta(seconds=seconds))
                    taken.append(replace(message))
        return taken

    def receive_this(self, message_id: str, visibility_timeout_seconds: int | None = None) -> Delivery | None:
        """Receive this very message before its turn, as SQS may. None unless it was visible and not worn out."""
        seconds = self._visibility_timeout_seconds if visibility_timeout_seconds is None else visibility_timeout_seconds
        now = self._clock.now()
        with self._lock:
            message = self.held.get(message_id)
            if message is None or message.visible_at > now:
                return None
            if self._is_worn_out(message):
                self._bury(message)
                return None
            self._hand_out(message, now + timedelta(seconds=seconds))
            return Delivery(message_id, _handle(message), message.body, message.receive_count)

    def delete(self, receipt_handle: str) -> None:
        """Deleting what is gone, or was received again since, does nothing."""
        with self._lock:
            message = self._of_handle(receipt_handle)
            if message is not None:
                del self.held[message.message_id]

    def change_visibility(self, receipt_handle: str, seconds: int) -> None:
        """Make the message visible so many seconds from now. Does nothing once it is no longer in flight."""
        require_visibility(seconds)
        now = self._clock.now()
        with self._lock:
            message = self._of_handle(receipt_handle)
            if message is not None and message.visible_at > now:
                message.visible_at = now + timedelta(seconds=seconds)

    def messages(self) -> list[QueuedMessage]:
        """Copies of all messages, visible or not."""
        with self._lock:
            return [replace(message) for message in self.held.values()]

    def next_visible_at(self) -> datetime | None:
        """When there is something to receive: in the past if there is now, None if the queue is empty."""
        with self._lock:
            return min((message.visible_at for message in self.held.values()), default=None)

    def _visible(self, now: datetime) -> list[QueuedMessage]:
        visible = [message for message in self.held.values() if message.visible_at <= now]
        return sorted(visible, key=lambda message: message.visible_at)

    def _is_worn_out(self, message: QueuedMessage) -> bool:
        return self._max_receive_count is not None and message.receives_here >= self._max_receive_count

    def _hand_out(self, message: QueuedMessage, visible_at: datetime) -> None:
        message.receive_count += 1
        message.receives_here += 1
        message.receipt_handle = f"{self.name}/{message.message_id}/{message.receive_count}"
        message.visible_at = visible_at

    def _bury(self, message: QueuedMessage) -> None:
        assert self._dead_letters is not None
        del self.held[message.message_id]
        buried = replace(message, receives_here=0, receipt_handle=None)
        with self._dead_letters._lock:
            self._dead_letters.held[message.message_id] = buried

    def _of_handle(self, receipt_handle: str) -> QueuedMessage | None:
        return next((each for each in self.held.values() if each.receipt_handle == receipt_handle), None)


class InMemoryJobQueue:
    """`ports.JobQueue` on the model."""

    def __init__(self, queue: InMemoryQueue) -> None:
        self._queue = queue

    def send(self, job: Job) -> None:
        self._queue.send(encode(job))

    def postpone(self, delivery: Delivery, seconds: int) -> None:
        self._queue.change_visibility(delivery.receipt_handle, seconds)


class InMemoryDeadLetters:
    """`ports.DeadLetters` on two queues of the model. A move task is done at once, whatever its pace."""

    def __init__(self, dead_letter_queue: InMemoryQueue, jobs_queue: InMemoryQueue) -> None:
        self._dead = dead_letter_queue
        self._jobs = jobs_queue

    def peek(self, limit: int) -> list[DeadLetter]:
        messages = self._dead.take(limit, visibility_timeout_seconds=60)
        for message in messages:
            self._dead.change_visibility(_handle(message), 0)
        return [
            DeadLetter(each.message_id, _handle(each), each.body, each.receive_count, each.sent_at) for each in messages
        ]

    def move_all(self, max_per_second: int | None) -> None:
        require_rate(max_per_second)
        while messages := self._dead.take(10, visibility_timeout_seconds=60):
            for message in messages:
                self._jobs.send(message.body)
                self._dead.delete(_handle(message))

    def move(self, letter: DeadLetter) -> None:
        self._jobs.send(letter.body)
        self.remove(letter)

    def remove(self, letter: DeadLetter) -> None:
        self._dead.delete(letter.receipt_handle)

    def count(self) -> int:
        return len(self._dead.messages())


def _handle(message: QueuedMessage) -> str:
    assert message.receipt_handle is not None  # it was just received
    return message.receipt_handle
