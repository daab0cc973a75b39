"""Message move tasks: how dead letters are moved back, or to another queue.

- A moved message is a new message, with a new id, a new receive count and a new sent time, and in a FIFO queue a new id
  for deduplication; stock LocalStack 4.14 keeps all four, so that the consumer continues the earlier receive count, and
  a message that is moved within five minutes of its send is gone from both queues.
  https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
- A message that was sent to the dead-letter queue directly has no source to return to, and fails the task, as does a
  source that the queue's redrive allow policy does not name.
- A dead-letter queue may have a dead-letter queue of its own.
- A message that cannot be moved is visible again at once.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import copy
from typing import Any

from localstack.aws.api import CommonServiceException
from localstack.aws.api.sqs import QueueDoesNotExist
from localstack.services.sqs import provider
from localstack.services.sqs.models import FifoQueue, MessageMoveTask, MessageMoveTaskStatus, SqsMessage, SqsQueue
from localstack.services.sqs.utils import generate_message_id

from ..time import clock
from .checks import policies

_LOST_ON_REDRIVE = (
    "ApproximateReceiveCount",
    "ApproximateFirstReceiveTimestamp",
    "DeadLetterQueueSourceArn",
    "MessageDeduplicationId",
    "SequenceNumber",
)


def install() -> None:
    """Replace LocalStack's way of moving messages."""
    provider.MessageMoveTaskManager._run = _run


def _run(manager: Any, task: MessageMoveTask) -> None:
    try:
        while not task.cancel_event.is_set() and _move_one(manager, task):
            if task.max_number_of_messages_per_second:
                task.cancel_event.wait(1 / task.max_number_of_messages_per_second)
    except Exception as error:  # noqa: BLE001  # a task records why it failed, whatever that was
        manager._fail_task(task, error)
        if isinstance(error, QueueDoesNotExist):
            task.failure_reason = "AWS.SimpleQueueService.NonExistentQueue"
        return
    cancelled = task.cancel_event.is_set()
    task.status = MessageMoveTaskStatus.CANCELLED if cancelled else MessageMoveTaskStatus.COMPLETED


def _move_one(manager: Any, task: MessageMoveTask) -> bool:
    source = manager._get_queue_by_arn(task.source_arn)
    received = source.receive(num_messages=1, visibility_timeout=1)
    # Beyond the maximum receive count of the dead-letter queue itself, if it has one, a message counts as received.
    taken = [*received.successful, *received.dead_letter_messages]
    if not taken:
        return False
    try:
        target = _target_of(manager, task, source, taken[0])
        target.put(
            message=as_new(taken[0]),
            message_group_id=taken[0].message_group_id,
            message_deduplication_id=generate_message_id() if isinstance(target, FifoQueue) else None,
        )
    except Exception:
        for handle in received.receipt_handles:
            source.update_visibility_timeout(handle, 0)
        for message in received.dead_letter_messages:
            source._put_message(message)
        raise
    for handle in received.receipt_handles:
        source.remove(handle)
    task.approximate_number_of_messages_moved += 1
    return True


def _target_of(manager: Any, task: MessageMoveTask, source: SqsQueue, message: SqsMessage) -> SqsQueue:
    if task.destination_arn:
        return manager._get_queue_by_arn(task.destination_arn)
    original = message.dead_letter_queue_source_arn
    if not original:
        raise CommonServiceException("CouldNotDetermineMessageSource", "The message was sent to this queue directly.")
    if not policies.takes_dead_letters_of(source, original):
        raise CommonServiceException("AccessDenied", f"The redrive allow policy does not name {original}.")
    return manager._get_queue_by_arn(original)


def as_new(message: SqsMessage) -> dict[str, Any]:
    """The message as AWS puts it back: same body and attributes, otherwise new."""
    fresh: dict[str, Any] = copy.deepcopy(message.message)
    fresh["MessageId"] = generate_message_id()
    fresh["Attributes"] = {
        name: value for name, value in fresh["Attributes"].items() if str(name) not in _LOST_ON_REDRIVE
    }
    fresh["Attributes"]["SentTimestamp"] = str(int(clock.now_seconds() * 1000))
    return fresh
