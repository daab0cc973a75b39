"""Queues mapped to functions: what is delivered, in which form, how often, and where it ends."""

import itertools
import json
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sim.localstack.conformance import suite
from sim.localstack.conformance.queue_checks import BODY
from sim.localstack.server import LocalStack

from .conftest import Client, Function, QueuePair, eventually

MakeFunction = Callable[..., Function]
MakeQueue = Callable[..., QueuePair]
MakeMapping = Callable[..., str]

NOTE = """
    import json, os, time

    def note(**facts):
        with open({notebook!r}, "a", encoding="utf-8") as file:
            file.write(json.dumps(facts) + "\\n")
"""


def noting(notebook: Path, source: str) -> str:
    """A function's source that can `note(...)` facts for `notes` to read."""
    return NOTE.format(notebook=str(notebook)) + source


def notes(notebook: Path, at_least: int = 0) -> list[Any]:
    """All notes; none while there are fewer than expected."""
    lines = notebook.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines] if len(lines) >= at_least else []


KEEP = """
    def handler(event, context):
        for record in event["Records"]:
            note(**record)
"""

REFUSE = """
    def handler(event, context):
        for record in event["Records"]:
            attributes = record["attributes"]
            received_at = int(attributes["ApproximateFirstReceiveTimestamp"]) / 1000
            note(at=time.time(), first=received_at, id=record["messageId"], count=attributes["ApproximateReceiveCount"])
        return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in event["Records"]]}
"""

BODIES = [
    '{"a": 1.0,  "b":\t"\\u00e9"}',
    "12345678901234567890",
    " 1e400 ",
    "NaN",
    '"a string"',
    "{not json",
    "größe 😀 \r\n\t end ",
    '{"k": 1, "k": 2}',
    "\ufeff{}",
]


def test_bodies_arrive_byte_for_byte(
    function: MakeFunction, queue_pair: MakeQueue, mapping: MakeMapping, notebook: Path
) -> None:
    queue = queue_pair(visibility_seconds=30)
    mapping(queue, function(noting(notebook, KEEP)))
    sent = {queue.send(body): body for body in BODIES}
    seen = eventually(lambda: notes(notebook, at_least=len(BODIES)))

    assert {record["messageId"]: record["body"] for record in seen} == sent


def test_a_record_has_what_aws_gives(
    function: MakeFunction, queue_pair: MakeQueue, mapping: MakeMapping, notebook: Path
) -> None:
    queue = queue_pair(visibility_seconds=30)
    mapping(queue, function(noting(notebook, KEEP)))
    queue.sqs.send_message(
        QueueUrl=queue.url,
        MessageBody="hello",
        MessageAttributes={"correlation": {"DataType": "String", "StringValue": "c-1"}},
    )
    [record] = eventually(lambda: notes(notebook))

    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"] == queue.arn
    assert record["awsRegion"] == "us-east-1"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert {"SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"} <= set(record["attributes"])
    assert record["messageAttributes"]["correlation"]["stringValue"] == "c-1"
    assert record["md5OfBody"] == "5d41402abc4b2a76b9719d911017c592"


def test_successful_messages_are_deleted(
    function: MakeFunction, queue_pair: MakeQueue, mapping: MakeMapping, notebook: Path
) -> None:
    queue = queue_pair(visibility_seconds=30)
    mapping(queue, function(noting(notebook, KEEP)))
    queue.send("done")
    eventually(lambda: notes(notebook))

    eventually(lambda: queue.counts() == (0, 0))


def test_a_failed_item_returns_until_it_is_a_dead_letter_and_can_be_redriven(
    function: MakeFunction, queue_pair: MakeQueue, mapping: MakeMapping, notebook: Path
) -> None:
    queue = queue_pair(visibility_seconds=1, max_receive_count=2)
    mapping(queue, function(noting(notebook, REFUSE), timeout_seconds=1))
    message_id = queue.send("poison")
    [dead] = eventually(queue.take_dead_letters)

    first, second = notes(notebook)
    assert [first["count"], second["count"]] == ["1", "2"]
    assert 1.0 <= second["at"] - first["first"] < 3
    assert dead["MessageId"] == message_id
    assert dead["Body"] == "poison"

    queue.sqs.start_message_move_task(SourceArn=queue.dead_letter_arn)
    third = eventually(lambda: notes(notebook)[2:])[0]
    assert third["count"] == "1"
    assert third["id"] != message_id


def test_only_the_reported_items_of_a_batch_return(
    function: MakeFunction, queue_pair: MakeQueue, mapping: MakeMapping, notebook: Path
) -> None:
    queue = queue_pair(visibility_seconds=3, max_receive_count=1)
    picky = noting(
        notebook,
        """
    def handler(event, context):
        note(bodies=sorted(record["body"] for record in event["Records"]))
        bad = [record for record in event["Records"] if record["body"] == "bad"]
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in bad]}
    """,
    )
    mapping(queue, function(picky, timeout_seconds=1), BatchSize=10, MaximumBatchingWindowInSeconds=1)
    for body in ("good", "bad", "better"):
        queue.send(body)
    dead = eventually(queue.take_dead_letters)

    assert [each["Body"] for each in dead] == ["bad"]
    assert queue.counts() == (0, 0)
    assert notes(notebook)[0]["bodies"] == ["bad", "better", "good"]


@pytest.mark.parametrize(
    "report", ['[{"itemIdentifier": ""}]', '[{"itemIdentifier": "of-nobody"}]', '[{"wrong": 1}]', '"x"']
)
def test_a_malformed_report_fails_the_whole_batch(
    report: str, function: MakeFunction, queue_pair: MakeQueue, mapping: MakeMapping
) -> None:
    queue = queue_pair(visibility_seconds=1, max_receive_count=1)
    source = f"def handler(event, context):\n    return {{'batchItemFailures': {report}}}\n"
    mapping(queue, function(source, timeout_seconds=1))
    queue.send("again")

    assert [each["Body"] for each in eventually(queue.take_dead_letters)] == ["again"]


def test_a_visibility_timeout_set_by_the_worker_stays(
    function: MakeFunction, queue_pair: MakeQueue, mapping: MakeMapping, notebook: Path
) -> None:
    queue = queue_pair(visibility_seconds=25, max_receive_count=5)
    hasty = noting(
        notebook,
        f"""
    import boto3

    def handler(event, context):
        [record] = event["Records"]
        note(at=time.time())
        boto3.client("sqs").change_message_visibility(
            QueueUrl={queue.url!r}, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=1
        )
        return {{"batchItemFailures": [{{"itemIdentifier": record["messageId"]}}]}}
    """,
    )
    mapping(queue, function(hasty))
    queue.send("soon again")
    first, second = eventually(lambda: notes(notebook, at_least=2))[:2]

    assert 0.9 < second["at"] - first["at"] < 3


def test_a_function_that_crashes_returns_its_batch(
    function: MakeFunction, queue_pair: MakeQueue, mapping: MakeMapping
) -> None:
    queue = queue_pair(visibility_seconds=1, max_receive_count=1)
    mapping(queue, function("import os\ndef handler(event, context):\n    os._exit(1)\n", timeout_seconds=1))
    queue.send("deadly")

    assert [each["Body"] for each in eventually(queue.take_dead_letters)] == ["deadly"]


def test_batches_run_in_parallel_up_to_the_maximum(
    function: MakeFunction, queue_pair: MakeQueue, mapping: MakeMapping, notebook: Path
) -> None:
    queue = queue_pair(visibility_seconds=30)
    slow = noting(
        notebook,
        """
    def handler(event, context):
        note(began=time.time(), pid=os.getpid())
        time.sleep(0.4)
        note(ended=time.time(), pid=os.getpid())
    """,
    )
    mapping(queue, function(slow), ScalingConfig={"MaximumConcurrency": 3})
    for number in range(9):
        queue.send(str(number))
    eventually(lambda: len(notes(notebook)) > 0)
    assert queue.counts()[1] <= 3  # messages that wait for a free slot stay in the queue, their visibility unchanged
    seen = eventually(lambda: notes(notebook, at_least=18))

    changes = sorted(
        [(note["began"], 1) for note in seen if "began" in note]
        + [(note["ended"], -1) for note in seen if "ended" in note]
    )
    running = peak = 0
    for _, change in changes:
        running += change
        peak = max(peak, running)
    assert peak == 3
    assert len({note["pid"] for note in seen}) == 3


def test_a_message_is_received_without_polling_delay(
    function: MakeFunction, queue_pair: MakeQueue, mapping: MakeMapping, notebook: Path
) -> None:
    queue = queue_pair(visibility_seconds=30)
    quick = noting(notebook, "\n    def handler(event, context):\n        note(at=time.time())\n")
    mapping(queue, function(quick))
    queue.send("warm up")
    eventually(lambda: notes(notebook))
    delays = []
    for number in range(5):
        sent_at = time.time()
        queue.send(str(number))
        delays.append(eventually(lambda n=number: notes(notebook)[n + 1 :])[0]["at"] - sent_at)  # type: ignore[misc]

    assert min(delays) < 0.1


def test_a_throttled_function_gets_its_messages_later(
    function: MakeFunction, queue_pair: MakeQueue, mapping: MakeMapping, notebook: Path, client: Client
) -> None:
    queue = queue_pair(visibility_seconds=1, max_receive_count=100)
    keeper = function(noting(notebook, KEEP), timeout_seconds=1)
    client("lambda").put_function_concurrency(FunctionName=keeper.name, ReservedConcurrentExecutions=0)
    mapping(queue, keeper)
    queue.send("patience")
    eventually(lambda: queue.counts() == (0, 1))
    assert notes(notebook) == []

    client("lambda").delete_function_concurrency(FunctionName=keeper.name)
    assert eventually(lambda: notes(notebook))[0]["body"] == "patience"


def test_a_disabled_mapping_receives_nothing_until_it_is_enabled(
    function: MakeFunction, queue_pair: MakeQueue, mapping: MakeMapping, notebook: Path, client: Client
) -> None:
    queue = queue_pair(visibility_seconds=30)
    keeper = function(noting(notebook, KEEP))
    uuid_ = mapping(queue, keeper)

    def state() -> str:
        return str(client("lambda").get_event_source_mapping(UUID=uuid_)["State"])

    client("lambda").update_event_source_mapping(UUID=uuid_, Enabled=False)
    eventually(lambda: state() == "Disabled")
    queue.send("later")
    other = queue_pair(visibility_seconds=30)
    mapping(other, keeper)
    other.send("meanwhile")
    assert [note["body"] for note in eventually(lambda: notes(notebook))] == ["meanwhile"]
    assert queue.counts() == (1, 0)

    client("lambda").update_event_source_mapping(UUID=uuid_, Enabled=True)
    assert eventually(lambda: notes(notebook, at_least=2))[1]["body"] == "later"
    assert state() == "Enabled"


def test_filters_parse_json_but_bodies_stay_unchanged(
    function: MakeFunction, queue_pair: MakeQueue, mapping: MakeMapping, notebook: Path
) -> None:
    queue = queue_pair(visibility_seconds=30)
    pattern = json.dumps({"body": {"wanted": [True]}})
    mapping(queue, function(noting(notebook, KEEP)), FilterCriteria={"Filters": [{"Pattern": pattern}]})
    queue.send('{"wanted": false}')
    queue.send('{ "wanted":   true }')
    eventually(lambda: queue.counts() == (0, 0) and len(notes(notebook)) > 0)

    assert [record["body"] for record in notes(notebook)] == ['{ "wanted":   true }']


@pytest.mark.parametrize("maximum", [1, 1001])
def test_a_concurrency_that_aws_refuses_is_refused(
    maximum: int, function: MakeFunction, queue_pair: MakeQueue, client: Client
) -> None:
    queue, keeper = queue_pair(), function(KEEP, timeout_seconds=1)
    with pytest.raises(ClientError, match=f"Value '{maximum}' at 'scalingConfig.maximumConcurrency' failed"):
        client("lambda, unchecked").create_event_source_mapping(
            EventSourceArn=queue.arn, FunctionName=keeper.name, ScalingConfig={"MaximumConcurrency": maximum}
        )


def test_a_visibility_below_the_function_timeout_is_refused(
    function: MakeFunction, queue_pair: MakeQueue, mapping: MakeMapping
) -> None:
    with pytest.raises(
        ClientError, match=r"Queue visibility timeout: 5 seconds is less than Function timeout: 6 seconds"
    ):
        mapping(queue_pair(visibility_seconds=5), function(KEEP, timeout_seconds=6))


@pytest.fixture
def fifo_queue(client: Client) -> Iterator[QueuePair]:
    sqs = client("sqs")
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": "30"}
    url = sqs.create_queue(QueueName=f"queue-{uuid.uuid4().hex[:8]}.fifo", Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    yield QueuePair(sqs, url, arn, "", "")
    sqs.delete_queue(QueueUrl=url)


def test_the_groups_of_a_fifo_queue_run_in_parallel_each_in_its_order(
    function: MakeFunction, fifo_queue: QueuePair, mapping: MakeMapping, notebook: Path
) -> None:
    slow = noting(
        notebook,
        """
    def handler(event, context):
        began = time.time()
        time.sleep(0.3)
        for record in event["Records"]:
            note(group=record["attributes"]["MessageGroupId"], body=record["body"], began=began, ended=time.time())
    """,
    )
    for number in range(4):
        for group in ("a", "b"):
            fifo_queue.sqs.send_message(
                QueueUrl=fifo_queue.url, MessageBody=f'{{"{group}":  {number}}}', MessageGroupId=group
            )
    mapping(fifo_queue, function(slow))
    seen = eventually(lambda: notes(notebook, at_least=8))
    of_group = {group: [each for each in seen if each["group"] == group] for group in ("a", "b")}

    for group, records in of_group.items():
        assert [each["body"] for each in records] == [f'{{"{group}":  {number}}}' for number in range(4)]
        assert all(one["ended"] <= next_["began"] for one, next_ in itertools.pairwise(records)), "one after the other"
    assert any(a["began"] < b["ended"] and b["began"] < a["ended"] for a in of_group["a"] for b in of_group["b"])


def test_a_failed_fifo_message_holds_up_its_group_alone(
    function: MakeFunction, fifo_queue: QueuePair, mapping: MakeMapping, notebook: Path
) -> None:
    moody = noting(
        notebook,
        """
    def handler(event, context):
        (record,) = event["Records"]
        note(body=record["body"])
        if record["body"] == "a0" and record["attributes"]["ApproximateReceiveCount"] == "1":
            raise RuntimeError("not yet")
    """,
    )
    fifo_queue.sqs.set_queue_attributes(QueueUrl=fifo_queue.url, Attributes={"VisibilityTimeout": "2"})
    for body in ("a0", "a1", "b0", "b1"):
        fifo_queue.sqs.send_message(QueueUrl=fifo_queue.url, MessageBody=body, MessageGroupId=body[0])
    mapping(fifo_queue, function(moody, timeout_seconds=2))
    bodies = [each["body"] for each in eventually(lambda: notes(notebook, at_least=5))]

    assert [body for body in bodies if body[0] == "a"] == ["a0", "a0", "a1"]
    assert bodies.index("b1") < bodies.index("a1")


def test_an_invisible_fifo_message_holds_up_its_group_alone(fifo_queue: QueuePair) -> None:
    sqs, url = fifo_queue.sqs, fifo_queue.url
    for body in ("a", "b"):
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=body)
    handles = {
        message["Body"]: message["ReceiptHandle"]
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=2)["Messages"]
    }
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handles["a"], VisibilityTimeout=600)
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handles["b"], VisibilityTimeout=1)
    again = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10)

    assert [message["Body"] for message in again["Messages"]] == ["b"]


def test_a_batching_window_collects_a_batch(
    function: MakeFunction, queue_pair: MakeQueue, mapping: MakeMapping, notebook: Path
) -> None:
    queue = queue_pair(visibility_seconds=60)
    counting = noting(notebook, '\n    def handler(event, context):\n        note(count=len(event["Records"]))\n')
    mapping(queue, function(counting), BatchSize=100, MaximumBatchingWindowInSeconds=3)
    for number in range(12):
        queue.send(str(number))

    assert eventually(lambda: notes(notebook)) == [{"count": 12}]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"BatchSize": 11}, "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater"),
        ({"BatchSize": 10_001, "MaximumBatchingWindowInSeconds": 1}, "Value '10001' at 'batchSize' failed"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "no JSON"}]}}, "Invalid filter pattern definition"),
    ],
    ids=["more than ten without a window", "too many", "no pattern"],
)
def test_a_batch_size_that_aws_refuses_is_refused(
    settings: dict[str, Any], words: str, function: MakeFunction, queue_pair: MakeQueue, client: Client
) -> None:
    queue, keeper = queue_pair(), function(KEEP, timeout_seconds=1)
    with pytest.raises(ClientError, match=words):
        client("lambda, unchecked").create_event_source_mapping(
            EventSourceArn=queue.arn, FunctionName=keeper.name, **settings
        )


def test_a_batching_window_on_a_fifo_queue_is_refused(
    function: MakeFunction, fifo_queue: QueuePair, mapping: MakeMapping
) -> None:
    with pytest.raises(ClientError, match="Batching window is not supported for FIFO queues"):
        mapping(fifo_queue, function(KEEP), MaximumBatchingWindowInSeconds=1)


def test_an_update_is_validated_like_a_creation(
    function: MakeFunction, queue_pair: MakeQueue, mapping: MakeMapping, client: Client
) -> None:
    uuid_ = mapping(queue_pair(visibility_seconds=30), function(KEEP))
    with pytest.raises(ClientError, match=r"Value '1' at 'scalingConfig\.maximumConcurrency' failed"):
        client("lambda, unchecked").update_event_source_mapping(UUID=uuid_, ScalingConfig={"MaximumConcurrency": 1})


@pytest.mark.parametrize("name", suite.CHECKS)
def test_this_world_passes_every_conformance_check(localstack: LocalStack, name: str) -> None:
    suite.require(localstack.target, name)


def test_the_body_of_the_queue_checks_shows_lost_blanks() -> None:
    assert BODY.strip() != BODY
