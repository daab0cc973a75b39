"""What the queue tests need beyond the ports, for the in-memory queue and for SQS: receive, wait, dead letters."""

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from rawk.adapters.sqs.in_memory import InMemoryDeadLetters, InMemoryJobQueue, InMemoryQueue
from rawk.adapters.sqs.queue import SqsDeadLetters, SqsJobQueue
from rawk.ports import DeadLetters, Delivery, JobQueue
from tests.contract.clock import SteppingClock

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

VISIBILITY_TIMEOUT_SECONDS = 1
MAX_RECEIVE_COUNT = 2


class Queues(Protocol):
    """A jobs queue (visible again after a second, dead after two receives) and its dead letters."""

    jobs: JobQueue
    dead_letters: DeadLetters

    def send_body(self, body: str) -> None: ...
    def receive(self, limit: int = 1) -> list[Delivery]: ...
    def delete(self, delivery: Delivery) -> None: ...
    def now(self) -> datetime: ...
    def wait(self, seconds: float) -> None:
        """Let this much of the queue's time pass."""


class Waiting(Protocol):
    def wait(self, seconds: float) -> None:
        """Let this much of the queue's time pass."""


def wait_until(queues: Waiting, condition: Callable[[], object], within_seconds: float = 5) -> None:
    """Check every twentieth of a second; fails the test when the condition does not become true."""
    for _ in range(round(within_seconds * 20)):
        if condition():
            return
        queues.wait(0.05)
    raise AssertionError(f"not true within {within_seconds} seconds")


class InMemoryQueues:
    def __init__(self) -> None:
        self._clock = SteppingClock()
        dead = InMemoryQueue(self._clock, 30, name="dead")
        self._jobs_queue = InMemoryQueue(
            self._clock, VISIBILITY_TIMEOUT_SECONDS, dead_letters=dead, max_receive_count=MAX_RECEIVE_COUNT
        )
        self.jobs: JobQueue = InMemoryJobQueue(self._jobs_queue)
        self.dead_letters: DeadLetters = InMemoryDeadLetters(dead, self._jobs_queue)

    def send_body(self, body: str) -> None:
        self._jobs_queue.send(body)

    def receive(self, limit: int = 1) -> list[Delivery]:
        return self._jobs_queue.receive(limit)

    def delete(self, delivery: Delivery) -> None:
        self._jobs_queue.delete(delivery.receipt_handle)

    def now(self) -> datetime:
        return self._clock.now()

    def wait(self, seconds: float) -> None:
        self._clock.sleep(seconds)


class SqsQueues:
    def __init__(self, client: "SQSClient") -> None:
        self._client = client
        name = f"test-{uuid4()}"
        dead_url = client.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        dead_arn = client.get_queue_attributes(QueueUrl=dead_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        redrive = {"deadLetterTargetArn": dead_arn, "maxReceiveCount": MAX_RECEIVE_COUNT}
        self._jobs_url = client.create_queue(
            QueueName=f"{name}-jobs",
            Attributes={"VisibilityTimeout": str(VISIBILITY_TIMEOUT_SECONDS), "RedrivePolicy": json.dumps(redrive)},
        )["QueueUrl"]
        self.jobs: JobQueue = SqsJobQueue(client, self._jobs_url)
        self.dead_letters: DeadLetters = SqsDeadLetters(client, dead_url, self._jobs_url, wait_seconds=0)

    def send_body(self, body: str) -> None:
        self._client.send_message(QueueUrl=self._jobs_url, MessageBody=body)

    def receive(self, limit: int = 1) -> list[Delivery]:
        messages = self._client.receive_message(
            QueueUrl=self._jobs_url,
            MaxNumberOfMessages=limit,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        ).get("Messages", [])
        return [
            Delivery(
                each["MessageId"],
                each["ReceiptHandle"],
                each["Body"],
                int(each["Attributes"]["ApproximateReceiveCount"]),
            )
            for each in messages
        ]

    def delete(self, delivery: Delivery) -> None:
        self._client.delete_message(QueueUrl=self._jobs_url, ReceiptHandle=delivery.receipt_handle)

    def now(self) -> datetime:
        return SteppingClock().now()

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)
