"""The events that the emulator records."""

import hashlib
import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sim.journal.reading import seconds_of
from sim.localstack.control_client import EmulatorControl
from sim.localstack.server import LocalStack

from .conftest import Client, Function, QueuePair, eventually

MEMORY = "0fc2b5a2-3af2-43af-8e1f-87883a230a75"
JOB = json.dumps({"version": 1, "type": "process_memory", "memory_id": MEMORY, "correlation_id": "c"})

REFUSE = """
    def handler(event, context):
        return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in event["Records"]]}
"""
DIE = """
    import os

    def handler(event, context):
        os._exit(3)
"""

Events = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def events(events_file: Path) -> Events:
    """The lines of one kind whose fields have the values given."""

    def look(kind: str, **wanted: Any) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in events_file.read_text(encoding="utf-8").splitlines()]
        return [
            line
            for line in lines
            if line["kind"] == kind and all(line.get(name) == value for name, value in wanted.items())
        ]

    return look


def test_a_message_from_its_sending_to_the_dead_letter_queue_and_back(
    events: Events,
    queue_pair: Callable[..., QueuePair],
    function: Callable[..., Function],
    mapping: Callable[..., str],
) -> None:
    queue, refusing = queue_pair(visibility_seconds=1), function(REFUSE, timeout_seconds=1)
    message_id = queue.send(JOB)
    mapping(queue, refusing)
    dead = eventually(lambda: events("sqs", event="dead_lettered", message_id=message_id))
    assert dead[0]["queue"] == queue.dead_letter_arn.rpartition(":")[2]
    life = [(line["event"], line.get("receive_count")) for line in events("sqs", message_id=message_id)]
    assert life[0] == ("sent", None)
    assert [count for what, count in life if what == "received"] == [1, 2, 3]
    assert [count for what, count in life if what == "visible_again"] == [1, 2, 3]
    ended = events("lambda", event="ended", message_ids=[message_id])
    assert [(line["outcome"], line["failed_message_ids"]) for line in ended] == [
        ("batch_item_failures", [message_id])
    ] * 3
    assert {line["memory_id"] for line in events("sqs", message_id=message_id)} == {MEMORY}
    started = events("lambda", event="started", message_ids=[message_id])
    assert [line.get("cold_start") for line in started] == [True, False, False]
    assert {tuple(line["memory_ids"]) for line in started} == {(MEMORY,)}
    queue.sqs.start_message_move_task(SourceArn=queue.dead_letter_arn)
    back = eventually(lambda: events("sqs", event="redriven", source_message_id=message_id))
    assert back[0]["message_id"] != message_id


def test_a_process_that_dies_is_a_crash(events: Events, function: Callable[..., Function]) -> None:
    dying = function(DIE)
    dying.invoke()
    (ended,) = events("lambda", event="ended", function=dying.name)
    assert ended["outcome"] == "crash"
    assert "exit status 3" in ended["error"]


def test_delayed_messages_and_reads_without_visibility_timeout(
    events: Events, queue_pair: Callable[..., QueuePair]
) -> None:
    queue = queue_pair()
    message_id = queue.sqs.send_message(QueueUrl=queue.url, MessageBody="poison", DelaySeconds=1)["MessageId"]
    eventually(lambda: queue.counts() == (1, 0))
    queue.sqs.receive_message(QueueUrl=queue.url, VisibilityTimeout=0)
    received = queue.sqs.receive_message(QueueUrl=queue.url, VisibilityTimeout=20)["Messages"][0]
    queue.sqs.change_message_visibility(
        QueueUrl=queue.url, ReceiptHandle=received["ReceiptHandle"], VisibilityTimeout=30
    )
    queue.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=received["ReceiptHandle"])
    life = events("sqs", message_id=message_id)
    assert [line["event"] for line in life] == ["sent", "delay_ended", "received", "visibility_changed", "deleted"]
    assert life[0]["delay_seconds"] == 1
    assert life[3]["visibility_timeout_seconds"] == 30


def test_purged_messages(events: Events, queue_pair: Callable[..., QueuePair]) -> None:
    queue = queue_pair()
    message_id = queue.send("poison")
    queue.sqs.purge_queue(QueueUrl=queue.url)
    assert [line["event"] for line in events("sqs", message_id=message_id)] == ["sent", "purged"]


def test_calls_on_audio_and_refused_calls(events: Events, client: Client) -> None:
    s3, bucket = client("s3"), f"bucket-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key=f"audio/acme/{MEMORY}", Body=b"audio")
    s3.get_object(Bucket=bucket, Key=f"audio/acme/{MEMORY}")
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="audio/acme/nothing")
    calls = events("aws_call", resource=bucket)
    assert [(line["operation"], line["status_code"], line.get("memory_id")) for line in calls] == [
        ("PutObject", 200, MEMORY),
        ("GetObject", 200, MEMORY),
        ("GetObject", 404, None),
    ]
    assert calls[2]["error_code"] == "NoSuchKey"


def test_both_times_are_written(events: Events, queue_pair: Callable[..., QueuePair]) -> None:
    before = time.time()
    message_id = queue_pair().send("now")
    (line,) = events("sqs", message_id=message_id)
    for name in ("at", "virtual_at"):
        written = seconds_of(line[name])
        assert written is not None
        assert before - 0.1 <= written <= time.time() + 0.1


def test_an_object_is_recorded_whenever_another_content_is_under_its_key(events: Events, client: Client) -> None:
    s3, bucket = client("s3"), f"bucket-{uuid.uuid4().hex[:8]}"
    key, copy = f"audio/acme/{MEMORY}", f"audio/acme/{MEMORY}/copy"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key=key, Body=b"first")
    s3.put_object(Bucket=bucket, Key=key, Body=b"second")
    s3.copy_object(Bucket=bucket, Key=copy, CopySource={"Bucket": bucket, "Key": key})
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    about = {"Bucket": bucket, "Key": key, "UploadId": upload}
    part = s3.upload_part(**about, PartNumber=1, Body=b"third")["ETag"]
    s3.complete_multipart_upload(**about, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part}]})
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}, {"Key": "audio/acme/nothing"}]})
    s3.delete_object(Bucket=bucket, Key=copy)

    objects = events("s3_object", resource=bucket)

    digests = {each: hashlib.sha256(each).hexdigest() for each in (b"first", b"second", b"third")}
    assert [(each["event"], each["key"], each.get("sha256")) for each in objects] == [
        ("stored", key, digests[b"first"]),
        ("stored", key, digests[b"second"]),
        ("stored", copy, digests[b"second"]),
        ("stored", key, digests[b"third"]),
        ("removed", key, None),
        ("removed", copy, None),
    ]
    assert {each["memory_id"] for each in objects} == {MEMORY}


def test_the_events_about_one_name_are_numbered_and_counted(
    events: Events, queue_pair: Callable[..., QueuePair], localstack: LocalStack
) -> None:
    queue = queue_pair()
    name = queue.url.rpartition("/")[2]
    for _ in range(3):
        queue.send(JOB)

    lines = events("sqs", queue=name)

    control = EmulatorControl(localstack.endpoint_url)
    assert [line["seq"] for line in lines] == [1, 2, 3]
    assert control.event_counts(name)[name] == 3  # type: ignore[index]
    control.close()
