"""Receives, and the visibility of what was received.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from collections.abc import Iterable

from localstack.aws.api.sqs import (
    InvalidAttributeName,
    MessageNotInflight,
    MessageSystemAttributeName,
    QueueAttributeName,
)
from localstack.services.sqs.exceptions import InvalidParameterValueException
from localstack.services.sqs.models import FifoQueue, SqsMessage, SqsQueue

from ...time import clock
from .messages import check_token

MAX_MESSAGES = 10
MAX_WAIT_SECONDS = 20
MAX_VISIBILITY_SECONDS = 43_200

ATTRIBUTES = frozenset(each.value for names in (MessageSystemAttributeName, QueueAttributeName) for each in names)
"""The discontinued parameter AttributeNames takes the names of a queue's attributes, too."""


def check_receive(
    queue: SqsQueue,
    max_messages: int | None,
    wait_seconds: int | None,
    visibility_seconds: int | None,
    attempt_id: str | None,
    attribute_names: Iterable[str],
) -> None:
    """The parameters of a receive."""
    if max_messages is not None and not 1 <= max_messages <= MAX_MESSAGES:
        raise InvalidParameterValueException(
            f"Value {max_messages} for parameter MaxNumberOfMessages is invalid. "
            f"Reason: Must be between 1 and {MAX_MESSAGES}, if provided."
        )
    if wait_seconds is not None and not 0 <= wait_seconds <= MAX_WAIT_SECONDS:
        raise InvalidParameterValueException(
            f"Value {wait_seconds} for parameter WaitTimeSeconds is invalid. "
            f"Reason: Must be >= 0 and <= {MAX_WAIT_SECONDS}, if provided."
        )
    _check_visibility_timeout(visibility_seconds)
    if attempt_id is not None:
        check_token(attempt_id, "ReceiveRequestAttemptId")
        if not isinstance(queue, FifoQueue):
            raise InvalidParameterValueException(
                f"Value {attempt_id} for parameter ReceiveRequestAttemptId is invalid. "
                "Reason: The request include parameter that is not valid for this queue type."
            )
    for name in attribute_names:
        if name not in ATTRIBUTES:
            raise InvalidAttributeName(f"Unknown Attribute {name}.")


def check_visibility_change(queue: SqsQueue, message: SqsMessage | None, seconds: int) -> None:
    """A new visibility timeout of a message that was received; None: of a handle that belongs to no message."""
    _check_visibility_timeout(seconds)
    if message is None:
        return
    if message not in queue.inflight:
        # Recorded on AWS: after a timeout that ended by itself, a standard queue still accepts a change.
        ended_by_itself = bool(message.visibility_timeout)
        if isinstance(queue, FifoQueue) or not ended_by_itself:
            raise MessageNotInflight("The specified message isn't in flight.")
        return
    held_seconds = int(clock.now_seconds() - message.last_received)
    if held_seconds + seconds > MAX_VISIBILITY_SECONDS:
        raise InvalidParameterValueException(
            f"Value {seconds} for parameter VisibilityTimeout is invalid. "
            f"Reason: Total VisibilityTimeout for the message is beyond the limit [{MAX_VISIBILITY_SECONDS} seconds]"
        )


def _check_visibility_timeout(seconds: int | None) -> None:
    if seconds is not None and not 0 <= seconds <= MAX_VISIBILITY_SECONDS:
        raise InvalidParameterValueException(
            f"Value {seconds} for parameter VisibilityTimeout is invalid. "
            f"Reason: Must be between 0 and {MAX_VISIBILITY_SECONDS}, if provided."
        )
