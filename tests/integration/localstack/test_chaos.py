"""The Chaos API of the emulator: rules as LocalStack publishes them, and the additions."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, get_args

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError
from botocore.parsers import ResponseParserError

from sim.localstack.chaos_client import OBSERVER, Chaos
from sim.localstack.extension.rawk_emulator.chaos.answers import AnswerKind
from sim.localstack.extension.rawk_emulator.fault_rules.fields import InvalidRequest
from sim.localstack.server import LocalStack

from .conftest import Client, Function, QueuePair, eventually

MakeFunction = Callable[..., Function]
MakeQueue = Callable[..., QueuePair]
MakeMapping = Callable[..., str]

ECHO = """
    def handler(event, context):
        return "done"
"""


@pytest.fixture
def chaos(localstack: LocalStack) -> Iterator[Chaos]:
    chaos = Chaos(localstack.endpoint_url)
    yield chaos
    chaos.clear()


@pytest.fixture
def bucket(client: Client) -> str:
    name = f"bucket-{uuid.uuid4().hex[:8]}"
    client("s3").create_bucket(Bucket=name)
    return name


def error_of(call: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        call()
    response: Any = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def in_background(call: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    came_of_it: list[object] = []

    def run() -> None:
        try:
            came_of_it.append(call())
        except (ClientError, ConnectionClosedError) as error:
            came_of_it.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, came_of_it


# As published.


@pytest.mark.usefixtures("chaos")
def test_the_published_calls(localstack: LocalStack) -> None:
    url = f"{localstack.endpoint_url}/_localstack/chaos/faults"
    kinesis = {"service": "kinesis", "operation": "PutRecord", "probability": 0.3, "error": {"statusCode": 400}}

    assert httpx.post(url, json=[{"service": "dynamodb", "region": "us-east-1"}]).json() == [
        {"service": "dynamodb", "region": "us-east-1"}
    ]
    assert httpx.patch(url, json=[kinesis]).json() == [{"service": "dynamodb", "region": "us-east-1"}, kinesis]
    assert httpx.request("DELETE", url, json=[kinesis]).json() == [{"service": "dynamodb", "region": "us-east-1"}]
    assert httpx.get(url).json() == [{"service": "dynamodb", "region": "us-east-1"}]
    assert httpx.post(url, json=[]).json() == []
    refused = httpx.post(url, json=[{"sevice": "s3"}])
    assert (refused.status_code, "has no field 'sevice'" in refused.json()["message"]) == (400, True)


@pytest.mark.parametrize(
    ("service", "call"),
    [
        ("s3", lambda client: client.list_buckets()),  # REST and XML
        ("sqs", lambda client: client.list_queues()),  # JSON
        ("lambda", lambda client: client.list_functions()),  # REST and JSON
        ("sts", lambda client: client.get_caller_identity()),  # query and XML
    ],
)
def test_every_service_answers_the_error_in_its_own_format(
    client: Client, chaos: Chaos, service: str, call: Callable[[Any], object]
) -> None:
    plain = chaos.add({"service": service})
    assert error_of(lambda: call(client(service))) == (503, "ServiceUnavailable")
    assert chaos.remove(plain) == 1

    chaos.add({"service": service, "error": {"statusCode": 429, "code": "TooMuch"}})
    assert error_of(lambda: call(client(service))) == (429, "TooMuch")

    chaos.clear()
    call(client(service))


@pytest.mark.parametrize(
    ("service", "call"),
    [("sqs", lambda client: client.list_queues()), ("cloudwatch", lambda client: client.list_metrics())],
)
def test_in_json_the_type_of_an_error_is_its_code(
    client: Client, chaos: Chaos, service: str, call: Callable[[Any], object]
) -> None:
    chaos.add({"service": service, "error": {"statusCode": 400, "code": "TooMuch"}})

    with pytest.raises(ClientError) as caught:
        call(client(service))

    response: Any = caught.value.response
    assert response["Error"]["QueryErrorCode"] == "TooMuch"


def test_a_rule_matches_by_region_and_operation(localstack: LocalStack, chaos: Chaos, queue_pair: MakeQueue) -> None:
    queue = queue_pair()
    chaos.add({"service": "sqs", "region": "us-east-1", "operation": "SendMessage"})
    elsewhere = boto3.client(
        "sqs",
        region_name="eu-west-1",
        endpoint_url=localstack.endpoint_url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    far_queue = elsewhere.create_queue(QueueName="far")["QueueUrl"]

    assert error_of(lambda: queue.send("x"))[0] == 503
    assert queue.counts() == (0, 0)
    elsewhere.send_message(QueueUrl=far_queue, MessageBody="x")
    elsewhere.delete_queue(QueueUrl=far_queue)


@pytest.mark.usefixtures("chaos")
def test_the_latency_of_every_call(localstack: LocalStack, client: Client) -> None:
    url = f"{localstack.endpoint_url}/_localstack/chaos/effects"

    assert httpx.post(url, json={"latency": 400}).json() == {"latency": 400}
    assert httpx.get(url).json() == {"latency": 400}
    began = time.monotonic()
    client("sqs").list_queues()
    assert time.monotonic() - began >= 0.4


# The additions.


def test_a_rule_with_a_resource_matches_that_resource_only(client: Client, chaos: Chaos, bucket: str) -> None:
    s3 = client("s3")
    chaos.add({"service": "s3", "operation": "PutObject", "resource": [bucket, "broken/"]})

    s3.put_object(Bucket=bucket, Key="whole/1", Body=b"x")
    assert error_of(lambda: s3.put_object(Bucket=bucket, Key="broken/1", Body=b"x"))[0] == 503
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == ["whole/1"]


def test_the_content_of_a_call_is_not_a_resource(chaos: Chaos, queue_pair: MakeQueue) -> None:
    queue = queue_pair()
    chaos.add({"service": "sqs", "resource": "hello"})

    queue.send("hello")


def test_an_answer_is_lost_after_the_effect(chaos: Chaos, queue_pair: MakeQueue) -> None:
    queue = queue_pair()
    lost = chaos.add({"service": "sqs", "operation": "SendMessage", "effect": "lost_answer", "first": 1})
    with pytest.raises(ConnectionClosedError):
        queue.send("arrived")
    assert queue.counts()[0] == 1

    chaos.add({"service": "sqs", "operation": "SendMessage", "effect": "lost_answer", "error": {"statusCode": 500}})
    assert error_of(lambda: queue.send("arrived too")) == (500, "ServiceUnavailable")
    assert queue.counts()[0] == 2
    assert chaos.remove(lost) == 1


def test_an_answer_has_other_content_of_the_same_length(client: Client, chaos: Chaos, bucket: str) -> None:
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key="audio", Body=b"stored", ChecksumAlgorithm="SHA256")
    chaos.add({"service": "s3", "operation": "GetObject", "effect": "other_content", "first": 1})

    assert s3.get_object(Bucket=bucket, Key="audio")["Body"].read() == bytes(6)
    assert s3.get_object(Bucket=bucket, Key="audio")["Body"].read() == b"stored"


def test_a_reset_call_has_no_effect(chaos: Chaos, queue_pair: MakeQueue) -> None:
    queue = queue_pair()
    chaos.add({"service": "sqs", "operation": "SendMessage", "effect": "reset", "first": 1})

    with pytest.raises(ConnectionClosedError):
        queue.send("never arrived")
    assert queue.counts() == (0, 0)
    queue.send("arrived")


def test_a_large_object_whose_put_is_reset_does_not_exist(client: Client, chaos: Chaos, bucket: str) -> None:
    chaos.add({"service": "s3", "operation": "PutObject", "resource": bucket, "effect": "reset", "first": 1})

    with pytest.raises(ConnectionClosedError):
        client("s3").put_object(Bucket=bucket, Key="audio", Body=bytes(3_000_000))
    assert "Contents" not in client("s3").list_objects_v2(Bucket=bucket)


def test_a_slow_call_takes_effect(chaos: Chaos, queue_pair: MakeQueue) -> None:
    queue = queue_pair()
    slow = chaos.add({"service": "sqs", "operation": "SendMessage", "effect": "slow", "latency_ms": 400})

    began = time.monotonic()
    queue.send("late")
    assert time.monotonic() - began >= 0.4
    assert queue.counts()[0] == 1
    assert chaos.times_triggered(slow) == 1


@pytest.mark.parametrize(
    ("effect", "then", "sent_while_held", "sent_at_the_end"),
    [
        ("hold", "go_on", 0, 1),
        ("hold", "reset", 0, 0),
        ("hold_answer", "go_on", 1, 1),
        ("hold_answer", "reset", 1, 1),
    ],
)
def test_a_call_is_held_until_its_rule_is_removed(
    chaos: Chaos, queue_pair: MakeQueue, effect: str, then: str, sent_while_held: int, sent_at_the_end: int
) -> None:
    queue = queue_pair()
    held = chaos.add({"service": "sqs", "operation": "SendMessage", "effect": effect, "then": then})

    sender, came_of_it = in_background(lambda: queue.send("held"))
    eventually(lambda: chaos.times_triggered(held) == 1)
    eventually(lambda: queue.counts()[0] == sent_while_held)
    assert sender.is_alive()
    assert chaos.remove(held) == 1
    sender.join(10)

    assert queue.counts()[0] == sent_at_the_end
    assert isinstance(came_of_it[0], ConnectionClosedError if then == "reset" else str)


def test_a_call_that_hangs_has_no_effect_and_blocks_no_other(client: Client, chaos: Chaos, bucket: str) -> None:
    rule_id = chaos.add({"service": "s3", "resource": bucket, "effect": "hang"})
    # More than any pool of threads has.
    hung = [
        in_background(lambda: client("s3").put_object(Bucket=bucket, Key="a", Body=bytes(300_000))) for _ in range(40)
    ]
    eventually(lambda: chaos.times_triggered(rule_id) == 40)

    assert client("sqs").list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200

    chaos.remove(rule_id)
    for thread, came_of_it in hung:
        thread.join(20)
        assert isinstance(came_of_it[0], ConnectionClosedError)
    assert "Contents" not in client("s3").list_objects_v2(Bucket=bucket)


@pytest.mark.parametrize("kind", get_args(AnswerKind))
def test_an_answer_of_sqs_that_is_no_success(chaos: Chaos, queue_pair: MakeQueue, kind: str) -> None:
    queue = queue_pair()
    rule_id = chaos.add({"service": "sqs", "operation": "SendMessage", "effect": "answer", "answer": kind})

    answer: Any = None
    with suppress(BotoCoreError, ResponseParserError, AttributeError):
        answer = queue.sqs.send_message(QueueUrl=queue.url, MessageBody="1")

    assert chaos.remove(rule_id) >= 1
    assert answer is None or "MessageId" not in answer
    messages = queue.sqs.receive_message(QueueUrl=queue.url, WaitTimeSeconds=0).get("Messages", [])
    assert len(messages) == (1 if kind == "partial" else 0)


@pytest.mark.parametrize("kind", get_args(AnswerKind))
def test_an_answer_of_s3_that_is_no_success(client: Client, chaos: Chaos, bucket: str, kind: str) -> None:
    rule_id = chaos.add({"service": "s3", "operation": "PutObject", "effect": "answer", "answer": kind})

    answer: Any = None
    with suppress(BotoCoreError, ClientError, ResponseParserError):
        answer = client("s3").put_object(Bucket=bucket, Key="a", Body=b"RIFF")

    assert chaos.remove(rule_id) >= 1
    assert answer is None or "ETag" not in answer
    assert ("Contents" in client("s3").list_objects_v2(Bucket=bucket)) == (kind == "partial")


def test_no_rule_matches_the_observer(localstack: LocalStack, client: Client, chaos: Chaos) -> None:
    everything = chaos.add({})
    observer = boto3.client(
        "sqs",
        region_name="us-east-1",
        endpoint_url=localstack.endpoint_url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(user_agent_extra=OBSERVER),
    )

    observer.list_queues()
    assert chaos.times_triggered(everything) == 0
    assert error_of(lambda: client("sqs").list_queues())[0] == 503


def test_rules_distinguish_functions_from_other_clients(client: Client, chaos: Chaos, function: MakeFunction) -> None:
    calling = function("""
        import boto3

        def handler(event, context):
            return len(boto3.client("s3").list_buckets()["Buckets"]) >= 0
    """)
    only_functions = chaos.add({"service": "s3", "operation": "ListBuckets", "callers": ["function"]})

    client("s3").list_buckets()
    assert "ServiceUnavailable" in calling.invoke().payload["errorMessage"]
    assert chaos.times_triggered(only_functions) >= 1


def test_a_rule_matches_a_mapping_only_when_it_names_mappings(
    chaos: Chaos, function: MakeFunction, queue_pair: MakeQueue, mapping: MakeMapping
) -> None:
    queue = queue_pair(visibility_seconds=30)
    mapping(queue, function(ECHO))
    refused = chaos.add({"service": "lambda", "operation": "Invoke"})
    queue.send("one")
    eventually(lambda: queue.counts() == (0, 0))
    assert chaos.times_triggered(refused) == 0

    down = chaos.add({"service": "sqs", "operation": "ReceiveMessage", "callers": ["mapping"], "resource": "queue-"})
    queue.send("two")
    eventually(lambda: chaos.times_triggered(down) >= 1)
    assert queue.counts() == (1, 0)
    chaos.remove(down)
    eventually(lambda: queue.counts() == (0, 0))


def test_a_message_whose_deletion_fails_is_delivered_again(
    chaos: Chaos, function: MakeFunction, queue_pair: MakeQueue, mapping: MakeMapping
) -> None:
    queue = queue_pair(visibility_seconds=1)
    run = function(ECHO, timeout_seconds=1)
    deletes = {"service": "sqs", "operation": "DeleteMessageBatch", "callers": ["mapping"]}
    failing = chaos.add({**deletes, "first": 1})
    invokes = chaos.add({"service": "lambda", "operation": "Invoke", "callers": ["mapping"], "effect": "count"})
    mapping(queue, run)

    queue.send("again")

    eventually(lambda: queue.counts() == (0, 0) and chaos.times_triggered(invokes) == 2)
    assert chaos.remove(failing) == 1


def test_a_throttled_invocation_is_retried(
    chaos: Chaos, function: MakeFunction, queue_pair: MakeQueue, mapping: MakeMapping
) -> None:
    queue = queue_pair(visibility_seconds=1)
    run = function(ECHO, timeout_seconds=1)
    throttled = chaos.add(
        {
            "service": "lambda",
            "operation": "Invoke",
            "callers": ["mapping"],
            "resource": run.name,
            "first": 1,
            "error": {"statusCode": 429, "code": "TooManyRequestsException"},
        }
    )
    mapping(queue, run)

    queue.send(json.dumps({"to": "be tried again"}))

    eventually(lambda: chaos.times_triggered(throttled) == 1 and queue.counts() == (0, 0))


def test_the_client_refuses_an_invalid_rule(chaos: Chaos) -> None:
    with pytest.raises(InvalidRequest, match="no field 'servise'"):
        chaos.add({"servise": "s3"})
    assert chaos.rules() == []
