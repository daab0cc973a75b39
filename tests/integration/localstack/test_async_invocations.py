"""Asynchronous invocations: retried as on AWS, in virtual time, with their results sent to destinations."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim import minutes
from sim.clock.clocks import VirtualClock

from .conftest import ROLE, Client, package

FIRST_RETRY_SECONDS = 60
SECOND_RETRY_SECONDS = 120
"""https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"""

NOTE = """
import json, time

def handler(event, context):
    with open({notebook!r}, "a") as file:
        file.write(json.dumps([time.time(), event]) + "\\n")
    {end}
"""
FAIL = 'raise RuntimeError("as ever")'
SUCCEED = 'return "well done"'

Make = Callable[..., str]


@pytest.fixture(scope="module")
def client(travelling_client: Client) -> Client:
    return travelling_client


@pytest.fixture
def function(client: Client, notebook: Path) -> Make:
    """Create a function that records when it runs, and with which event; returns its name."""

    def make(end: str, **settings: Any) -> str:
        name = f"async-{uuid.uuid4().hex[:8]}"
        client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="module.handler",
            Role=ROLE,
            Timeout=20,
            Code={"ZipFile": package(NOTE.format(notebook=str(notebook), end=end))},
            **settings,
        )
        return name

    return make


@pytest.fixture
def queue(client: Client) -> tuple[str, str]:
    """URL and ARN of a queue."""
    url = client("sqs").create_queue(QueueName=f"destination-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    arn = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, arn


def invoke(client: Client, function: str, **event: str) -> None:
    answer = client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event))
    assert answer["StatusCode"] == 202


def notes(notebook: Path) -> list[Any]:
    return [json.loads(line) for line in notebook.read_text(encoding="utf-8").splitlines()]


def bodies_in(client: Client, queue_url: str) -> Callable[[], list[Any]]:
    """The bodies that the queue has received so far."""
    bodies: list[Any] = []

    def look() -> list[Any]:
        answer = client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, VisibilityTimeout=3600)
        bodies.extend(json.loads(message["Body"]) for message in answer.get("Messages", []))
        return bodies

    return look


def on_end(client: Client, function: str, **destinations: str) -> None:
    config = {name: {"Destination": arn} for name, arn in destinations.items()}
    client("lambda").put_function_event_invoke_config(FunctionName=function, DestinationConfig=config)


def test_a_failed_invocation_is_retried_after_one_and_two_minutes(
    client: Client, function: Make, clock: VirtualClock, notebook: Path
) -> None:
    invoke(client, function(FAIL), text="once")
    clock.wait_until(lambda: len(notes(notebook)) > 3, minutes(30))
    first, second, third = (at for at, _ in notes(notebook))

    assert second - first == pytest.approx(FIRST_RETRY_SECONDS, abs=5)
    assert third - second == pytest.approx(SECOND_RETRY_SECONDS, abs=5)
    assert {event["text"] for _, event in notes(notebook)} == {"once"}


def test_a_destination_queue_gets_the_failure_after_the_last_retry(
    client: Client, function: Make, clock: VirtualClock, queue: tuple[str, str], notebook: Path
) -> None:
    name, look = function(FAIL), bodies_in(client, queue[0])
    on_end(client, name, OnFailure=queue[1])
    invoke(client, name, text="lost")

    assert not clock.wait_until(look, minutes(2.5))
    assert clock.wait_until(look, minutes(2))
    (record,) = look()
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["requestPayload"] == {"text": "lost"}
    assert record["responsePayload"]["errorMessage"] == "as ever"
    assert len(notes(notebook)) == 3


def test_a_destination_topic_gets_the_failure(
    client: Client, function: Make, clock: VirtualClock, queue: tuple[str, str]
) -> None:
    topic = client("sns").create_topic(Name=f"destination-{uuid.uuid4().hex[:8]}")["TopicArn"]
    attributes = {"RawMessageDelivery": "true"}
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue[1], Attributes=attributes)
    name, look = function(FAIL), bodies_in(client, queue[0])
    on_end(client, name, OnFailure=topic)
    invoke(client, name, text="lost")

    assert clock.wait_until(look, minutes(10))
    assert look()[0]["requestContext"]["condition"] == "RetriesExhausted"


def test_a_destination_function_gets_the_failure(
    client: Client, function: Make, clock: VirtualClock, notebook: Path
) -> None:
    undertaker = client("lambda").get_function(FunctionName=function(SUCCEED))["Configuration"]["FunctionArn"]
    name = function(FAIL)
    on_end(client, name, OnFailure=undertaker)
    invoke(client, name, text="lost")

    assert clock.wait_until(lambda: len(notes(notebook)) == 4, minutes(10))
    assert notes(notebook)[-1][1]["requestContext"]["condition"] == "RetriesExhausted"


def test_a_destination_gets_a_success(
    client: Client, function: Make, clock: VirtualClock, queue: tuple[str, str]
) -> None:
    name, look = function(SUCCEED), bodies_in(client, queue[0])
    on_end(client, name, OnSuccess=queue[1])
    invoke(client, name, text="found")

    assert clock.wait_until(look, minutes(1))
    assert look()[0]["responsePayload"] == "well done"


def test_a_dead_letter_queue_gets_the_event_itself(
    client: Client, function: Make, clock: VirtualClock, queue: tuple[str, str]
) -> None:
    name, look = function(FAIL, DeadLetterConfig={"TargetArn": queue[1]}), bodies_in(client, queue[0])
    invoke(client, name, text="lost")

    assert clock.wait_until(look, minutes(10))
    assert look() == [{"text": "lost"}]


def test_the_number_of_retries_can_be_configured(
    client: Client, function: Make, clock: VirtualClock, notebook: Path
) -> None:
    name = function(FAIL)
    client("lambda").put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    invoke(client, name, text="once")
    clock.wait_until(lambda: len(notes(notebook)) > 1, minutes(30))

    assert len(notes(notebook)) == 1


def test_a_throttled_invocation_waits_and_is_not_lost(
    client: Client, function: Make, clock: VirtualClock, notebook: Path
) -> None:
    name = function(SUCCEED.replace("return", "time.sleep(120); return"), MemorySize=256)
    client("lambda").update_function_configuration(FunctionName=name, Timeout=300)
    client("lambda").get_waiter("function_updated_v2").wait(FunctionName=name)
    client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    for number in range(2):
        invoke(client, name, text=str(number))

    assert clock.wait_until(lambda: len(notes(notebook)) == 2, minutes(30))
    (first, _), (second, _) = notes(notebook)
    assert second - first >= 120


def test_an_update_delays_no_invocation(client: Client, function: Make, clock: VirtualClock, notebook: Path) -> None:
    name = function(SUCCEED)
    client("lambda").update_function_configuration(FunctionName=name, Timeout=30)
    client("lambda").get_waiter("function_updated_v2").wait(FunctionName=name)
    sent_at = clock.now().timestamp()
    for number in range(5):
        invoke(client, name, text=str(number))

    assert clock.wait_until(lambda: len(notes(notebook)) == 5, minutes(30))
    assert max(at for at, _ in notes(notebook)) - sent_at < 15, "the old version's timeout and a minute would be 80"
