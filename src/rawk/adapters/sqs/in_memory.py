"""A small model of SQS with all that the pipeline relies on: for unit tests and the explorer.

Source: Amazon SQS Developer Guide (visibility timeout, dead-letter queues, redrive). A received message stays in the
queue, invisible, until it is deleted or its visibility timeout ends. A message that was received as often as the queue
allows moves to the dead-letter queue at its next receive, with its id and receive count. A redrive sends it as a new
message. Messages come oldest first, which SQS does not guarantee. Retention is not modelled.
"""

from collections.abc import Collection, Generator
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
    """Receives in this queue, which its limit counts; `receive_count` also counts those in the dead-letter queue."""
    receipt_handle: str | None = None
    """Of the latest receive; SQS gives a new one each time."""


@cache
def _id_prefix(queue_name: str) -> str:
    """The first four groups of the queue's own UUID; the last group counts messages, which is cheaper than hashing."""
    return str(uuid5(NAMESPACE_URL, queue_name))[:-12]


class InMemoryQueue:
    """One queue. `dead_letters` gets each message that was received `max_receive_count` times and not deleted.

    `held` has its messages by message id: tests and the explorer may read it, not change it.
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
            raise ValueError("give both a dead-letter queue and a maximum receive count, or neither")
        self.name = name
        self._clock = clock
        self._visibility_timeout_seconds = visibility_timeout_seconds
        self._dead_letters = dead_letters
        self._max_receive_count = max_receive_count
        self.held: dict[str, QueuedMessage] = {}
        self._numbers = count(1)
        self._lock = RLock()

    def send(self, body: str, delay_seconds: int = 0) -> str:
        """Gives the message id, a UUID that is the same in every run."""
        now = self._clock.now()
        with self._lock:
            message_id = f"{_id_prefix(self.name)}{next(self._numbers):012x}"
            self.held[message_id] = QueuedMessage(message_id, body, now, now + timedelta(seconds=delay_seconds))
        return message_id

    def receive(self, limit: int = 1, visibility_timeout_seconds: int | None = None) -> list[Delivery]:
        """Up to `limit` visible messages, which become invisible."""
        with self._lock:
            return [
                Delivery(message.message_id, _handle(message), message.body, message.receive_count)
                for message in self.take(limit, visibility_timeout_seconds)
            ]

    def take(self, limit: int, visibility_timeout_seconds: int | None = None) -> list[QueuedMessage]:
        """Like `receive`, with all fields of each message."""
        seconds = self._visibility_timeout_seconds if visibility_timeout_seconds is None else visibility_timeout_seconds
        now = self._clock.now()
        taken: list[QueuedMessage] = []
        with self._lock:
            for message in self._visible(now):
                if len(taken) == limit:
                    break
                if self._has_no_receives_left(message):
                    self._dead_letter(message)
                else:
                    self._deliver(message, now + timedelta(seconds=seconds))
                    taken.append(replace(message))
        return taken

    def receive_this(self, message_id: str, visibility_timeout_seconds: int | None = None) -> Delivery | None:
        """Receive this message before its turn, as SQS may. None if it is invisible or was received too often."""
        seconds = self._visibility_timeout_seconds if visibility_timeout_seconds is None else visibility_timeout_seconds
        now = self._clock.now()
        with self._lock:
            message = self.held.get(message_id)
            if message is None or message.visible_at > now:
                return None
            if self._has_no_receives_left(message):
                self._dead_letter(message)
                return None
            self._deliver(message, now + timedelta(seconds=seconds))
            return Delivery(message_id, _handle(message), message.body, message.receive_count)

    def delete(self, receipt_handle: str) -> None:
        """Does nothing when the message is gone or was received again since."""
        with self._lock:
            message = self._of_handle(receipt_handle)
            if message is not None:
                del self.held[message.message_id]

    def change_visibility(self, receipt_handle: str, seconds: int) -> None:
        """Make the message visible this many seconds from now. Does nothing when it is not in flight."""
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
        """When the next message is visible, in the past if one is visible now; None if the queue is empty."""
        with self._lock:
            return min((message.visible_at for message in self.held.values()), default=None)

    def _visible(self, now: datetime) -> list[QueuedMessage]:
        visible = [message for message in self.held.values() if message.visible_at <= now]
        return sorted(visible, key=lambda message: message.visible_at)

    def _has_no_receives_left(self, message: QueuedMessage) -> bool:
        return self._max_receive_count is not None and message.receives_here >= self._max_receive_count

    def _deliver(self, message: QueuedMessage, visible_at: datetime) -> None:
        message.receive_count += 1
        message.receives_here += 1
        message.receipt_handle = f"{self.name}/{message.message_id}/{message.receive_count}"
        message.visible_at = visible_at

    def _dead_letter(self, message: QueuedMessage) -> None:
        assert self._dead_letters is not None
        del self.held[message.message_id]
        dead_letter = replace(message, receives_here=0, receipt_handle=None)
        with self._dead_letters._lock:
            self._dead_letters.held[message.message_id] = dead_letter

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
    """`ports.DeadLetters` on two queues of the model. A move task moves everything at once, whatever its rate."""

    def __init__(self, dead_letter_queue: InMemoryQueue, jobs_queue: InMemoryQueue) -> None:
        self._dead = dead_letter_queue
        self._jobs = jobs_queue

    def peek(self, limit: int) -> list[DeadLetter]:
        messages = self._dead.take(limit, visibility_timeout_seconds=60)
        for message in messages:
            self._dead.change_visibility(_handle(message), 0)
        return [_dead_letter(message) for message in messages]

    def take(self, message_ids: Collection[str]) -> Generator[DeadLetter]:
        for message_id in message_ids:
            dead_letter = self.receive(message_id)
            if dead_letter is not None:
                settled = False
                try:
                    yield dead_letter
                    settled = True
                finally:
                    if not settled:
                        self._dead.change_visibility(dead_letter.receipt_handle, 0)

    def receive(self, message_id: str) -> DeadLetter | None:
        """One step of `take`, without its end: the dead letter stays invisible for a minute."""
        if self._dead.receive_this(message_id, visibility_timeout_seconds=60) is None:
            return None
        return _dead_letter(self._dead.held[message_id])

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


def _dead_letter(message: QueuedMessage) -> DeadLetter:
    return DeadLetter(message.message_id, _handle(message), message.body, message.receive_count, message.sent_at)


def _handle(message: QueuedMessage) -> str:
    assert message.receipt_handle is not None  # it was just received
    return message.receipt_handle
