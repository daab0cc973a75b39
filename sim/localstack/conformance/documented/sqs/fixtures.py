"""Queues of the checks' own, and calls that most of the checks make."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from botocore.exceptions import ClientError

from sim.localstack.conformance.target import NotConformant, Target

API = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/"
GUIDE = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/"

LONG_POLL_SECONDS = 5


@contextmanager
def queue(target: Target, *, fifo: bool = False, **attributes: str) -> Iterator[str]:
    """The URL of a queue with these attributes; it is deleted in the end."""
    url = create(target, fifo=fifo, **attributes)
    try:
        yield url
    finally:
        with suppress(ClientError):
            target.sqs.delete_queue(QueueUrl=url)


def create(target: Target, *, fifo: bool = False, **attributes: str) -> str:
    """The URL of a new queue."""
    name = target.new_name() + (".fifo" if fifo else "")
    given = {**({"FifoQueue": "true"} if fifo else {}), **attributes}
    return str(target.sqs.create_queue(QueueName=name, Attributes=given)["QueueUrl"])


@contextmanager
def pair(
    target: Target, *, fifo: bool = False, max_receive_count: int = 1, **attributes: str
) -> Iterator[tuple[str, str]]:
    """The URLs of a queue with these attributes and of its dead-letter queue."""
    with queue(target, fifo=fifo) as dead_letters:
        redrive = redrive_policy(target.arn_of(dead_letters), max_receive_count)
        with queue(target, fifo=fifo, RedrivePolicy=redrive, **attributes) as jobs:
            yield jobs, dead_letters


def redrive_policy(arn: str, max_receive_count: object = 3) -> str:
    return json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": max_receive_count})


def send(target: Target, url: str, body: str = "a message", **more: Any) -> dict[str, Any]:
    """Send one message; to a FIFO queue with a group, and an id for deduplication of its own."""
    if url.endswith(".fifo"):
        more = {"MessageGroupId": "a-group", "MessageDeduplicationId": target.new_name(), **more}
    answer: dict[str, Any] = target.sqs.send_message(QueueUrl=url, MessageBody=body, **more)
    return answer


def receive(target: Target, url: str, **more: Any) -> list[dict[str, Any]]:
    """The messages of a long poll, which asks all servers; one message unless another number is asked for."""
    asked = {"WaitTimeSeconds": LONG_POLL_SECONDS, "MessageSystemAttributeNames": ["All"], **more}
    return list(target.sqs.receive_message(QueueUrl=url, **asked).get("Messages", []))


def receive_one(target: Target, url: str, **more: Any) -> dict[str, Any]:
    """The one message of a long poll. Raises NotConformant when there is none."""
    messages = receive(target, url, **more)
    if not messages:
        raise NotConformant(f"no message of {url.rpartition('/')[2]} was received")
    return messages[0]


def attribute(target: Target, url: str, name: str) -> str | None:
    found = target.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name]).get("Attributes", {})
    return None if name not in found else str(found[name])


def kill(target: Target, jobs: str, dead_letters: str) -> dict[str, Any]:
    """Make the next message of a queue with a maximum receive count of 1 a dead letter, and receive it as such."""
    handle = receive_one(target, jobs)["ReceiptHandle"]
    target.sqs.change_message_visibility(QueueUrl=jobs, ReceiptHandle=handle, VisibilityTimeout=0)
    target.sqs.receive_message(QueueUrl=jobs, WaitTimeSeconds=1)
    return receive_one(target, dead_letters, VisibilityTimeout=0)
