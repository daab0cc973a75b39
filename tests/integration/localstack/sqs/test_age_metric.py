"""ApproximateAgeOfOldestMessage, the metric of a queue's oldest message."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from botocore.exceptions import ClientError

from sim.localstack.conformance.target import Target
from sim.localstack.extension.rawk_emulator.time.shared_offset import CLOCK_VARIABLE
from sim.localstack.server import LocalStack

from ..conftest import eventually

HOUR = 3600


@pytest.fixture
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """An emulator in virtual time that publishes each second what AWS publishes each minute."""
    folder = tmp_path_factory.mktemp("world")
    variables = {CLOCK_VARIABLE: str(folder / "clock"), "SQS_CLOUDWATCH_METRICS_REPORT_INTERVAL": "1"}
    with LocalStack(folder / "state", folder / "localstack.log", extra_env=variables, settings={}) as running:
        yield running.target


def latest_age(target: Target, url: str) -> float | None:
    """The latest point of the metric."""
    now = datetime.fromisoformat(
        httpx.get(f"{target.endpoint_url}/_rawk/time", trust_env=False).json()["now"]
    ).astimezone(UTC)
    try:
        points = target.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SQS",
            MetricName="ApproximateAgeOfOldestMessage",
            Dimensions=[{"Name": "QueueName", "Value": url.rpartition("/")[2]}],
            StartTime=now - timedelta(minutes=2),
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["Maximum"],
        )["Datapoints"]
    except ClientError:
        return None
    return max(points, key=lambda each: each["Timestamp"])["Maximum"] if points else None


def test_the_age_of_the_oldest_message_begins_again_in_the_dead_letter_queue(target: Target) -> None:
    sqs = target.sqs
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": target.arn_of(dead), "maxReceiveCount": 1})
    jobs = sqs.create_queue(QueueName="jobs", Attributes={"RedrivePolicy": redrive, "VisibilityTimeout": "0"})[
        "QueueUrl"
    ]
    sqs.send_message(QueueUrl=jobs, MessageBody="old")
    target.pass_time(HOUR)
    assert eventually(lambda: (latest_age(target, jobs) or 0) >= HOUR)

    for _ in range(2):
        sqs.receive_message(QueueUrl=jobs, WaitTimeSeconds=1)
    target.pass_time(300)  # beyond the points of before

    assert eventually(lambda: 300 <= (latest_age(target, dead) or 0) < HOUR)
    assert latest_age(target, jobs) == 0
