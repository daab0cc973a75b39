"""What becomes of messages that were received too often, and of those whose retention ends.

- In a standard queue a message's age counts from its first send, also in the dead-letter queue, whose retention can
  therefore end early. In a FIFO queue it begins again.
  https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
- Retention ends for messages in flight and delayed ones, too.
- While the dead-letter queue does not exist, a message stays in its queue; stock LocalStack 4.14 loses it.
- A dead letter is moved, not sent: it is never taken for a duplicate of an earlier one, and so lost.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from heapq import heappop
from typing import Any

from localstack.services.sqs.models import FifoQueue, SqsMessage, SqsQueue, StandardQueue, sqs_stores
from localstack.utils.aws.arns import parse_arn

from ..introspection.event_log import patch_method
from ..time import clock


def install() -> None:
    """Age, expire and move messages as AWS does."""
    stock = SqsQueue.max_receive_count.fget
    SqsQueue.max_receive_count = property(lambda queue: stock(queue) if _has_dead_letter_queue(queue) else None)
    patch_method(SqsMessage, "__init__", _keep_age)
    patch_method(FifoQueue, "put", _put_without_deduplication)
    StandardQueue.remove_expired_messages = remove_expired_messages
    FifoQueue.remove_expired_messages = remove_expired_messages


def _has_dead_letter_queue(queue: SqsQueue) -> bool:
    policy = queue.redrive_policy
    if not policy:
        return False
    arn = parse_arn(policy["deadLetterTargetArn"])
    return arn["resource"] in sqs_stores[arn["account"]][arn["region"]].queues


def _keep_age(stock: Any, message: SqsMessage, *given: Any, **more: Any) -> None:
    """`priority` is when the age of a message began; LocalStack orders a queue's messages by it."""
    stock(message, *given, **more)
    attributes = message.message["Attributes"]
    is_of_fifo_queue = message.sequence_number is not None
    if message.dead_letter_queue_source_arn and not is_of_fifo_queue and "SentTimestamp" in attributes:
        message.priority = int(attributes["SentTimestamp"]) / 1000


def _put_without_deduplication(stock: Any, queue: FifoQueue, message: Any, *given: Any, **more: Any) -> SqsMessage:
    with queue.mutex:
        if message["Attributes"].get("DeadLetterQueueSourceArn"):
            queue.deduplication.pop(more.get("message_deduplication_id"), None)
        return stock(queue, message, *given, **more)


def remove_expired_messages(queue: SqsQueue) -> list[SqsMessage]:
    """Delete messages that are older than the queue's retention period, and return them."""
    oldest = clock.now_seconds() - queue.message_retention_period
    with queue.mutex:
        expired = [message for message in list(queue.delayed) if message.priority <= oldest]
        queue.delayed.difference_update(expired)
        in_flight = [message for message in list(queue.inflight) if message.priority <= oldest]
        for message in in_flight:
            queue.inflight.pop(message, None)
        if isinstance(queue, FifoQueue):
            for group in list(queue.message_groups.values()):
                expired += _expired_at_the_head(group.messages, oldest)
            for message in in_flight:
                queue.update_message_group_visibility(queue.get_message_group(message.message_group_id))
        else:
            with queue.visible.mutex:
                expired += _expired_at_the_head(queue.visible.queue, oldest)
        expired += in_flight
        for message in expired:
            message.deleted = True
            for handle in message.receipt_handles:
                queue.receipts.pop(handle, None)
    return expired


def _expired_at_the_head(heap: list[SqsMessage], oldest: float) -> list[SqsMessage]:
    expired = []
    while heap and heap[0].priority <= oldest:
        expired.append(heappop(heap))
    return expired
