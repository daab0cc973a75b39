"""A receive from a FIFO queue that is repeated with its ReceiveRequestAttemptId returns the same messages and handles.

Within five minutes, and while none of the messages was deleted, had its visibility timeout changed, or became visible
again. Their visibility timeout begins again.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import copy
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from localstack.services.sqs.models import FifoQueue, SqsMessage, SqsQueue
from localstack.services.sqs.provider import SqsProvider

from ..introspection.event_log import patch_method
from ..time import clock

REPEATABLE_SECONDS = 300


@dataclass
class Attempt:
    """What a receive returned, and until when each message was invisible after it, by receipt handle."""

    at: float
    answer: Any
    deadlines: dict[str, float]

    def can_be_repeated(self, queue: SqsQueue) -> bool:
        """Whether all its messages are as they were."""
        return clock.now_seconds() - self.at < REPEATABLE_SECONDS and all(
            handle in queue.receipts
            and queue.receipts[handle] in queue.inflight
            and queue.receipts[handle].visibility_deadline == deadline
            for handle, deadline in self.deadlines.items()
        )


_attempts: WeakKeyDictionary[SqsQueue, dict[str, Attempt]] = WeakKeyDictionary()


def install() -> None:
    """Remember receives that name an attempt."""
    patch_method(SqsProvider, "receive_message", _receive_message)


def _receive_message(stock: Any, provider: Any, context: Any, queue_url: str, *given: Any, **request: Any) -> Any:
    attempt_id = request.get("receive_request_attempt_id")
    if not attempt_id:
        return stock(provider, context, queue_url, *given, **request)
    queue = provider._resolve_queue(context, queue_url=queue_url)
    if not isinstance(queue, FifoQueue):
        return stock(provider, context, queue_url, *given, **request)
    attempts = _attempts.setdefault(queue, {})
    with queue.mutex:
        attempt = attempts.get(attempt_id)
        if attempt is not None and attempt.can_be_repeated(queue):
            return _repeat(queue, attempt, request.get("visibility_timeout"))
    answer = stock(provider, context, queue_url, *given, **request)
    messages = answer.get("Messages") or []
    if messages:
        deadlines = {
            each["ReceiptHandle"]: message.visibility_deadline
            for each in messages
            if (message := queue.receipts.get(each["ReceiptHandle"])) is not None
        }
        attempts[attempt_id] = Attempt(clock.now_seconds(), copy.deepcopy(answer), deadlines)
    _forget_old(attempts)
    return answer


def _repeat(queue: SqsQueue, attempt: Attempt, visibility_seconds: int | None) -> Any:
    seconds = queue.visibility_timeout if visibility_seconds is None else visibility_seconds
    for handle in attempt.deadlines:
        message: SqsMessage = queue.receipts[handle]
        message.update_visibility_timeout(seconds)
        attempt.deadlines[handle] = message.visibility_deadline
    return copy.deepcopy(attempt.answer)


def _forget_old(attempts: dict[str, Attempt]) -> None:
    oldest = clock.now_seconds() - REPEATABLE_SECONDS
    for attempt_id in [each for each, attempt in attempts.items() if attempt.at < oldest]:
        attempts.pop(attempt_id, None)
