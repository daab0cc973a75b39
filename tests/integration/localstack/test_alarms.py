"""An alarm on a queue's depth follows the queue in virtual time, and notifies its topic; stock LocalStack evaluates
once a real minute.
"""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sim import minutes
from sim.clock.clocks import RealClock, VirtualClock

Client = Callable[[str], Any]


@pytest.fixture(scope="module")
def client(travelling_client: Client) -> Client:
    return travelling_client


@pytest.fixture
def queue(client: Client) -> str:
    """URL of a queue."""
    return str(client("sqs").create_queue(QueueName=f"depth-{uuid.uuid4().hex[:8]}")["QueueUrl"])


@pytest.fixture
def pager(client: Client) -> tuple[str, str]:
    """ARN of a topic, and URL of a queue that gets what is published to it."""
    name = f"pager-{uuid.uuid4().hex[:8]}"
    topic = client("sns").create_topic(Name=name)["TopicArn"]
    url = client("sqs").create_queue(QueueName=name)["QueueUrl"]
    arn = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    return topic, url


def put_alarm(client: Client, queue_url: str, topic: str, evaluation_periods: int = 1) -> str:
    name = f"alarm-{uuid.uuid4().hex[:8]}"
    client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": queue_url.rsplit("/", 1)[-1]}],
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=evaluation_periods,
        ComparisonOperator="GreaterThanThreshold",
        Threshold=0,
        TreatMissingData="notBreaching",
        AlarmActions=[topic],
        OKActions=[topic],
    )
    return name


def state(client: Client, alarm: str) -> str:
    (described,) = client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    return str(described["StateValue"])


def pages(client: Client, pager_url: str, wanted: int = 0) -> list[str]:
    """The states that the topic was notified of, in order, once there are `wanted`: SNS delivers asynchronously."""
    states: list[str] = []

    def look() -> bool:
        for message in client("sqs").receive_message(QueueUrl=pager_url, MaxNumberOfMessages=10).get("Messages", []):
            states.append(json.loads(message["Body"])["NewStateValue"])
        return len(states) >= wanted

    RealClock().wait_until(look, timedelta(seconds=10))
    look()
    return states


def test_an_alarm_follows_its_queue_within_a_period_both_ways(
    client: Client, clock: VirtualClock, queue: str, pager: tuple[str, str]
) -> None:
    topic, pager_url = pager
    alarm = put_alarm(client, queue, topic)

    client("sqs").send_message(QueueUrl=queue, MessageBody="a dead letter")
    assert clock.wait_until(lambda: state(client, alarm) == "ALARM", minutes(1))

    client("sqs").purge_queue(QueueUrl=queue)
    assert state(client, alarm) == "ALARM"
    assert clock.wait_until(lambda: state(client, alarm) == "OK", minutes(1))
    assert pages(client, pager_url, 2) == ["ALARM", "OK"]


def test_an_alarm_notifies_once_while_its_queue_stays_deep(
    client: Client, clock: VirtualClock, queue: str, pager: tuple[str, str]
) -> None:
    topic, pager_url = pager
    alarm = put_alarm(client, queue, topic)

    for _ in range(3):
        client("sqs").send_message(QueueUrl=queue, MessageBody="a dead letter")
        clock.wait_until(lambda: False, minutes(5))

    assert state(client, alarm) == "ALARM"
    assert pages(client, pager_url, 1) == ["ALARM"]


def test_an_alarm_waits_for_several_periods(
    client: Client, clock: VirtualClock, queue: str, pager: tuple[str, str]
) -> None:
    alarm = put_alarm(client, queue, pager[0], evaluation_periods=3)

    client("sqs").send_message(QueueUrl=queue, MessageBody="a dead letter")
    clock.wait_until(lambda: False, minutes(1.9))
    assert state(client, alarm) != "ALARM"

    assert clock.wait_until(lambda: state(client, alarm) == "ALARM", minutes(1.2))


def test_messages_that_are_in_the_queue_trigger_a_new_alarm(
    client: Client, clock: VirtualClock, queue: str, pager: tuple[str, str]
) -> None:
    client("sqs").send_message(QueueUrl=queue, MessageBody="a dead letter")
    alarm = put_alarm(client, queue, pager[0])

    assert clock.wait_until(lambda: state(client, alarm) == "ALARM", minutes(1))


def test_a_message_that_leaves_within_the_period_triggers_no_alarm(
    client: Client, clock: VirtualClock, queue: str, pager: tuple[str, str]
) -> None:
    topic, pager_url = pager
    put_alarm(client, queue, topic, evaluation_periods=2)

    client("sqs").send_message(QueueUrl=queue, MessageBody="not for long")
    client("sqs").purge_queue(QueueUrl=queue)
    clock.wait_until(lambda: False, minutes(5))

    assert pages(client, pager_url) == []


def test_a_deleted_alarm_sends_no_notification(
    client: Client, clock: VirtualClock, queue: str, pager: tuple[str, str]
) -> None:
    topic, pager_url = pager
    alarm = put_alarm(client, queue, topic)
    client("sqs").send_message(QueueUrl=queue, MessageBody="a dead letter")

    client("cloudwatch").delete_alarms(AlarmNames=[alarm])
    clock.wait_until(lambda: False, minutes(5))

    assert pages(client, pager_url) == []
