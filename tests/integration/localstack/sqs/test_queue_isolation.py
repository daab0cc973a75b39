"""A queue with attributes that AWS would have refused hurts no other queue."""

import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from sim.localstack.extension.rawk_emulator.features import WITHOUT_VARIABLE
from sim.localstack.server import LocalStack

from ..conftest import eventually


@pytest.fixture(scope="module")
def sqs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """SQS that refuses nothing, so that a queue can be made to fail."""
    folder = tmp_path_factory.mktemp("world")
    environment = {WITHOUT_VARIABLE: "queue-refusals"}
    with LocalStack(folder / "state", folder / "localstack.log", extra_env=environment, settings={}) as running:
        yield boto3.client(
            "sqs",
            endpoint_url=running.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )


@pytest.mark.parametrize("period", ["abc", "", "12.5"], ids=["letters", "empty", "fraction"])
def test_a_queue_that_fails_does_not_stop_the_timer_of_the_others(sqs: Any, period: str) -> None:
    good = sqs.create_queue(QueueName=uuid.uuid4().hex, Attributes={"VisibilityTimeout": "1"})["QueueUrl"]
    sqs.create_queue(QueueName=uuid.uuid4().hex, Attributes={"MessageRetentionPeriod": period})
    sqs.send_message(QueueUrl=good, MessageBody="returns")

    assert len(sqs.receive_message(QueueUrl=good, WaitTimeSeconds=5)["Messages"]) == 1
    returned = eventually(lambda: sqs.receive_message(QueueUrl=good, WaitTimeSeconds=1).get("Messages"))
    assert returned[0]["Body"] == "returns"


def test_a_queue_that_fails_does_not_stop_a_delay(sqs: Any) -> None:
    sqs.create_queue(QueueName=uuid.uuid4().hex, Attributes={"MessageRetentionPeriod": "abc"})
    url = sqs.create_queue(QueueName=uuid.uuid4().hex)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="delayed", DelaySeconds=1)

    assert eventually(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2).get("Messages"))
