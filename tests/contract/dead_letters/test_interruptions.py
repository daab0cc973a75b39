"""The dead letters of the emulator's SQS, interrupted at some call of an operation; the unit ring has every call."""

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest

from tests.contract.dead_letters import checks
from tests.contract.dead_letters.failing_sqs import EVERY_FAILURE, CallFailure
from tests.contract.queues import wait_until
from tests.contract.servers import aws_client, the_localstack

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class EmulatedQueues:
    """Two fresh queues for each dead-letter check."""

    def __init__(self, client: "SQSClient", endpoint_url: str) -> None:
        self.client = client
        self._endpoint_url = endpoint_url
        name = f"letters-{uuid4()}"
        self.jobs_url = client.create_queue(QueueName=f"{name}-jobs")["QueueUrl"]
        self.dead_url = client.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        arn = client.get_queue_attributes(QueueUrl=self.dead_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
        client.set_queue_attributes(QueueUrl=self.jobs_url, Attributes={"RedrivePolicy": redrive})

    def bury(self, number: int) -> list[str]:
        bodies = checks.bodies(number)
        for body in bodies:
            self.client.send_message(QueueUrl=self.dead_url, MessageBody=body)
        return bodies

    def bodies(self, queue_url: str) -> list[str]:
        """By LocalStack's own endpoint, which changes nothing (LocalStack documentation, SQS, developer endpoints)."""
        query = urlencode({"QueueUrl": queue_url, "ShowInvisible": "true", "ShowDelayed": "true"})
        request = Request(f"{self._endpoint_url}/_aws/sqs/messages?{query}", headers={"Accept": "application/json"})
        with urlopen(request, timeout=10) as answer:
            result = json.load(answer)["ReceiveMessageResponse"]["ReceiveMessageResult"]
        messages = (result or {}).get("Message", [])
        return [message["Body"] for message in (messages if isinstance(messages, list) else [messages])]

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)

    def let_a_minute_pass(self) -> None:
        """Nothing: `bodies` shows what is in flight."""


@pytest.fixture
def emulated(request: pytest.FixtureRequest) -> Iterator[EmulatedQueues]:
    endpoint_url = the_localstack(request.config).endpoint_url
    client = aws_client("sqs", endpoint_url)
    queues = EmulatedQueues(client, endpoint_url)
    yield queues
    for queue_url in (queues.jobs_url, queues.dead_url):
        client.delete_queue(QueueUrl=queue_url)


@pytest.mark.parametrize("failure", EVERY_FAILURE)
@pytest.mark.parametrize(
    ("operation", "at_call"),
    [
        *(("redrive_only", 6), ("redrive_only", 7), ("redrive_memories", 6), ("redrive_memories", 8)),
        *(("purge", 7), ("purge_poison", 8), ("list", 2), ("list", 5)),
    ],
)
def test_nothing_is_lost_and_nothing_counted_twice_wherever_it_stops(
    operation: str, at_call: int, failure: CallFailure, emulated: EmulatedQueues
) -> None:
    checks.check(operation, emulated, 12, failure, at_call)


@pytest.mark.parametrize("number", [0, 1, 10, 11, 25])
@pytest.mark.parametrize("operation", checks.SELECTIVE)
def test_no_dead_letter_is_left_out(operation: str, number: int, emulated: EmulatedQueues) -> None:
    checks.check_whole(operation, emulated, number, CallFailure.NONE, 0, short=True)


@pytest.mark.parametrize("number", [0, 25])
def test_all_of_a_page_and_more_are_moved_by_sqs_itself(number: int, emulated: EmulatedQueues) -> None:
    buried = emulated.bury(number)
    rawk = checks.operations(emulated, emulated.client)

    assert rawk.redrive_all(None) == number
    wait_until(emulated, lambda: len(emulated.bodies(emulated.jobs_url)) == number)

    assert sorted(emulated.bodies(emulated.jobs_url)) == sorted(buried)
