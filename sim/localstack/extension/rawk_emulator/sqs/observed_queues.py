"""Observes the life of messages: every method of SQS that changes a message's state is wrapped."""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import threading
from typing import Any

from localstack.config import INTERNAL_RESOURCE_ACCOUNT
from localstack.services.sqs.models import SqsQueue, StandardQueue

from ..introspection.event_log import Events, Moment, memory_id_in, patch_method
from . import move_tasks


class Moves(threading.local):
    """What this thread is moving out of a dead-letter queue: the old id by the new one."""

    def __init__(self) -> None:
        self.old_ids: dict[str, str] = {}


def observe(events: Events) -> None:
    """Record what happens to every message of a standard queue."""
    listener = QueueObserver(events)
    for owner, names in (
        (StandardQueue, ("put", "_put_message", "receive", "remove_expired_messages", "clear")),
        (SqsQueue, ("update_visibility_timeout", "remove")),
        (move_tasks, ("as_new",)),
    ):
        for name in names:
            patch_method(owner, name, getattr(listener, name.removeprefix("_")))


class QueueObserver:
    """Each method wraps the one of its name: it calls `stock`, and records what that did."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._moves = Moves()

    def put(self, stock: Any, queue: Any, *arguments: Any, **named: Any) -> Any:
        moment = self._events.now()  # another thread may receive the message before `stock` returns
        message = stock(queue, *arguments, **named)
        if old_id := self._moves.old_ids.pop(message.message_id, None):
            self._record("redriven", queue, message, moment, source_message_id=old_id)
        elif message.dead_letter_queue_source_arn:
            source = message.dead_letter_queue_source_arn.rpartition(":")[2]
            self._record("dead_lettered", queue, message, moment, source_queue=source)
        else:
            self._record("sent", queue, message, moment, delay_seconds=message.delay_seconds or None)
        return message

    def put_message(self, stock: Any, queue: Any, message: Any) -> Any:
        if message.receive_count:
            self._record("visible_again", queue, message)
        elif message.delay_seconds:
            self._record("delay_ended", queue, message)
        return stock(queue, message)

    def receive(self, stock: Any, queue: Any, *arguments: Any, **named: Any) -> Any:
        result = stock(queue, *arguments, **named)
        for message in result.successful:
            # With a visibility timeout of 0 the message was only read: it stays visible, and pollers read often.
            if message.visibility_timeout:
                self._record("received", queue, message, visibility_timeout_seconds=message.visibility_timeout)
        return result

    def update_visibility_timeout(self, stock: Any, queue: Any, receipt_handle: str, seconds: int) -> Any:
        message = queue.receipts.get(receipt_handle)
        moment = self._events.now()
        stock(queue, receipt_handle, seconds)  # raises where AWS refuses the change
        if message is not None and seconds:
            self._record("visibility_changed", queue, message, moment, visibility_timeout_seconds=seconds)

    def remove(self, stock: Any, queue: Any, receipt_handle: str) -> Any:
        message = queue.receipts.get(receipt_handle)
        answer = stock(queue, receipt_handle)
        if message is not None and message.deleted:
            self._record("deleted", queue, message)
        return answer

    def remove_expired_messages(self, stock: Any, queue: Any) -> Any:
        expired = stock(queue)
        for message in expired or ():  # stock LocalStack returns none
            self._record("expired", queue, message)
        return expired

    def clear(self, stock: Any, queue: Any) -> Any:
        for message in [*queue.visible.queue, *queue.inflight, *queue.delayed]:
            self._record("purged", queue, message)
        return stock(queue)

    def as_new(self, stock: Any, message: Any) -> Any:
        """A message that SQS itself moves back gets a new id: remember the old one."""
        fresh = stock(message)
        self._moves.old_ids[fresh["MessageId"]] = message.message_id
        return fresh

    def _record(self, event: str, queue: Any, message: Any, moment: Moment | None = None, **more: object) -> None:
        if queue.account_id == INTERNAL_RESOURCE_ACCOUNT:  # Lambda's own queues of asynchronous invocations
            return
        self._events.write(
            "sqs",
            moment,
            event=event,
            queue=queue.name,
            message_id=message.message_id,
            memory_id=memory_id_in(message.message.get("Body")),
            receive_count=message.receive_count or None,
            **more,
        )
