"""Failures of the real adapters: S3 and SQS do not answer, or refuse."""

import logging
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ParamValidationError
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber

from rawk.adapters.s3.bounded import BoundedAudioStore
from rawk.adapters.s3.store import PART_BYTES, S3AudioStore
from rawk.adapters.sqs.bounded import BoundedJobQueue
from rawk.adapters.sqs.queue import SqsDeadLetters, SqsJobQueue
from rawk.domain.errors import QueueUnavailable, StorageUnavailable
from rawk.domain.messages import Job, decode
from rawk.ports import AudioStore, DeadLetter, DeadLetters, Delivery, JobQueue
from tests.contract.servers import aws_client, the_localstack

UNREACHABLE = "http://127.0.0.1:9"  # the discard port
QUEUE_URL = f"{UNREACHABLE}/000000000000/jobs"
DELIVERY = Delivery("m1", "handle", "{}", 1)
LETTER = DeadLetter("m1", "handle", "{}", 3, datetime(2026, 5, 4, tzinfo=UTC))


def uploaded(audio: AudioStore, size_bytes: int) -> None:
    upload = audio.open_upload("audio/a/1", "audio/wav")
    upload.write(bytes(size_bytes))
    upload.complete()


S3_CALLS: dict[str, Callable[[AudioStore], object]] = {
    "fetch": lambda audio: audio.fetch("audio/a/1"),
    "head": lambda audio: audio.head("incoming/a/1", 64),
    "copy": lambda audio: audio.copy("incoming/a/1", '"etag"', "audio/a/1", "audio/wav"),
    "delete": lambda audio: audio.delete("audio/a/1"),
    "older_than": lambda audio: list(audio.older_than(datetime.now(UTC))),
    "check": lambda audio: audio.check(),
    "small upload": lambda audio: uploaded(audio, 10),
    "big upload": lambda audio: uploaded(audio, PART_BYTES + 1),
}
QUEUE_CALLS: dict[str, Callable[[JobQueue], object]] = {
    "send": lambda queue: queue.send(Job("m", "c")),
    "postpone": lambda queue: queue.postpone(DELIVERY, 5),
}
LETTER_CALLS: dict[str, Callable[[DeadLetters], object]] = {
    "peek": lambda letters: letters.peek(5),
    "move_all": lambda letters: letters.move_all(None),
    "move": lambda letters: letters.move(LETTER),
    "remove": lambda letters: letters.remove(LETTER),
    "count": lambda letters: letters.count(),
}


@pytest.fixture
def s3(request: pytest.FixtureRequest) -> Any:
    return aws_client("s3", the_localstack(request.config).endpoint_url)


@pytest.fixture
def bucket(s3: Any) -> str:
    name = f"failures-{uuid4()}"
    s3.create_bucket(Bucket=name)
    return name


# no answer


@pytest.mark.parametrize("call", S3_CALLS)
def test_s3_that_does_not_answer_is_unavailable(call: str) -> None:
    with pytest.raises(StorageUnavailable):
        S3_CALLS[call](S3AudioStore(aws_client("s3", UNREACHABLE), "audio"))


@pytest.mark.parametrize("call", QUEUE_CALLS)
def test_a_queue_that_does_not_answer_is_unavailable(call: str) -> None:
    with pytest.raises(QueueUnavailable):
        QUEUE_CALLS[call](SqsJobQueue(aws_client("sqs", UNREACHABLE), QUEUE_URL))


@pytest.mark.parametrize("call", LETTER_CALLS)
def test_a_dead_letter_queue_that_does_not_answer_is_unavailable(call: str) -> None:
    with pytest.raises(QueueUnavailable):
        LETTER_CALLS[call](SqsDeadLetters(aws_client("sqs", UNREACHABLE), QUEUE_URL, QUEUE_URL))


# refusals


@pytest.mark.parametrize("call", S3_CALLS)
def test_a_missing_bucket_is_unavailable_and_logged(call: str, s3: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "rawk"), pytest.raises(StorageUnavailable):
        S3_CALLS[call](S3AudioStore(s3, f"none-{uuid4()}"))
    assert "storage_misconfigured" in caplog.text


@pytest.mark.parametrize("code", ["AccessDenied", "InvalidAccessKeyId"])
def test_a_refusal_is_unavailable_and_logged(code: str, caplog: pytest.LogCaptureFixture) -> None:
    client = aws_client("s3", UNREACHABLE)
    with Stubber(client) as stubber, caplog.at_level(logging.ERROR, "rawk"):
        stubber.add_client_error("get_object", code, http_status_code=403)
        with pytest.raises(StorageUnavailable, match=code):
            S3AudioStore(client, "audio").fetch("audio/a/1")
    assert "storage_misconfigured" in caplog.text


def test_a_temporary_failure_is_not_logged_as_misconfiguration(caplog: pytest.LogCaptureFixture) -> None:
    client = aws_client("s3", UNREACHABLE)
    with Stubber(client) as stubber, caplog.at_level(logging.ERROR, "rawk"):
        stubber.add_client_error("get_object", "SlowDown", http_status_code=503)
        with pytest.raises(StorageUnavailable, match="SlowDown"):
            S3AudioStore(client, "audio").fetch("audio/a/1")
    assert "misconfigured" not in caplog.text


def test_a_missing_queue_is_unavailable_and_logged(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint_url = the_localstack(request.config).endpoint_url
    queue = SqsJobQueue(aws_client("sqs", endpoint_url), f"{endpoint_url}/000000000000/none-{uuid4()}")
    with caplog.at_level(logging.ERROR, "rawk"), pytest.raises(QueueUnavailable):
        queue.send(Job("m", "c"))
    assert "queue_misconfigured" in caplog.text


def test_a_bug_of_ours_is_raised_unchanged() -> None:
    with pytest.raises(ParamValidationError):
        S3AudioStore(aws_client("s3", UNREACHABLE), "").fetch("audio/a/1")


def test_peek_gives_dead_letters_that_it_could_not_make_visible_again(caplog: pytest.LogCaptureFixture) -> None:
    client = aws_client("sqs", UNREACHABLE)
    message = {
        "MessageId": "m1",
        "ReceiptHandle": "h1",
        "Body": "{}",
        "Attributes": {"ApproximateReceiveCount": "4", "SentTimestamp": "1777888800123"},
    }
    with Stubber(client) as stubber, caplog.at_level(logging.WARNING, "rawk"):
        stubber.add_response("receive_message", {"Messages": [message]})
        stubber.add_client_error("change_message_visibility_batch", "RequestThrottled")
        [letter] = SqsDeadLetters(client, QUEUE_URL, QUEUE_URL).peek(1)
    assert letter.first_sent_at == datetime(2026, 5, 4, 10, 0, 0, 123000, tzinfo=UTC)
    assert "dead_letters_out_of_sight" in caplog.text


# the copy


@pytest.mark.parametrize(
    "body",
    [
        b'<?xml version="1.0"?><Error><Code>InternalError</Code><Message>later</Message></Error>',
        b'<?xml version="1.0"?><CopyObjectResult></CopyObjectResult>',
        b"",
        b"<html>proxy</html>",
    ],
    ids=["an error", "a result without an entity tag", "nothing", "a page"],
)
def test_a_copy_that_answers_200_without_a_copy_is_unavailable(s3: Any, bucket: str, body: bytes) -> None:
    """CopyObject answers 200 before it has copied (Amazon S3 API Reference, CopyObject)."""
    s3.put_object(Bucket=bucket, Key="incoming/a/1", Body=b"RIFF")
    audio = S3AudioStore(s3, bucket)
    etag = audio.head("incoming/a/1", 4).etag

    def answer(response_dict: dict[str, Any], **_: object) -> None:
        response_dict["body"] = body

    s3.meta.events.register_first("before-parse.s3.CopyObject", answer)
    with pytest.raises(StorageUnavailable):
        audio.copy("incoming/a/1", etag, "audio/a/1", "audio/wav")


def test_a_copy_without_a_checksum_is_read_for_its_digest() -> None:
    client = aws_client("s3", UNREACHABLE)
    with Stubber(client) as stubber:
        stubber.add_response("copy_object", {"CopyObjectResult": {"ETag": '"e"'}})
        stored = {"Body": StreamingBody(BytesIO(b"RIFF"), 4), "ETag": '"e"', "ContentLength": 4}
        stubber.add_response("get_object", stored, {"Bucket": "b", "Key": "audio/a/1"})
        digest = S3AudioStore(client, "b").copy("incoming/a/1", '"e"', "audio/a/1", "audio/wav")
    assert digest == sha256(b"RIFF").hexdigest()


def test_a_copy_has_the_recognised_type_and_nothing_else_that_the_client_said(s3: Any, bucket: str) -> None:
    s3.put_object(
        Bucket=bucket,
        Key="incoming/a/1",
        Body=b"RIFF",
        ContentType="text/html",
        Metadata={"said": "hello"},
        Tagging="said=hello",
    )
    audio = S3AudioStore(s3, bucket)
    audio.copy("incoming/a/1", audio.head("incoming/a/1", 4).etag, "audio/a/1", "audio/wav")

    copied = s3.head_object(Bucket=bucket, Key="audio/a/1")
    assert (copied["ContentType"], copied["Metadata"]) == ("audio/wav", {})
    assert s3.get_object_tagging(Bucket=bucket, Key="audio/a/1")["TagSet"] == []


# the upload


def test_a_small_upload_is_one_put_and_a_large_one_is_a_multipart_upload() -> None:
    client = aws_client("s3", UNREACHABLE)
    with Stubber(client) as stubber:
        stubber.add_response(
            "put_object", {"ETag": "e"}, {"Bucket": "b", "Key": ANY, "Body": ANY, "ContentType": "audio/wav"}
        )
        uploaded(S3AudioStore(client, "b"), PART_BYTES)
        stubber.add_response("create_multipart_upload", {"UploadId": "u"})
        stubber.add_response("upload_part", {"ETag": "e1"})
        stubber.add_response("upload_part", {"ETag": "e2"})
        parts = [{"ETag": "e1", "PartNumber": 1}, {"ETag": "e2", "PartNumber": 2}]
        stubber.add_response(
            "complete_multipart_upload",
            {"ETag": "e"},
            {"Bucket": "b", "Key": ANY, "UploadId": "u", "MultipartUpload": {"Parts": parts}},
        )
        uploaded(S3AudioStore(client, "b"), PART_BYTES + 1)
        stubber.assert_no_pending_responses()


def test_the_content_type_is_kept(s3: Any, bucket: str) -> None:
    for size_bytes in (10, PART_BYTES + 1):
        uploaded(S3AudioStore(s3, bucket), size_bytes)
        assert s3.head_object(Bucket=bucket, Key="audio/a/1")["ContentType"] == "audio/wav"


def test_an_aborted_upload_leaves_no_parts_to_pay_for(s3: Any, bucket: str) -> None:
    upload = S3AudioStore(s3, bucket).open_upload("audio/a/1", "audio/wav")
    upload.write(bytes(2 * PART_BYTES + 1))
    assert len(s3.list_multipart_uploads(Bucket=bucket)["Uploads"]) == 1
    upload.abort()
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


@pytest.mark.parametrize("size_bytes", [10, PART_BYTES + 1])
def test_abort_removes_an_upload_whose_last_answer_was_lost(s3: Any, bucket: str, size_bytes: int) -> None:
    upload = S3AudioStore(s3, bucket).open_upload("audio/a/1", "audio/wav")
    upload.write(bytes(size_bytes))
    _lose_the_answer(s3, "PutObject" if size_bytes <= PART_BYTES else "CompleteMultipartUpload")

    with pytest.raises(StorageUnavailable):
        upload.complete()
    assert s3.head_object(Bucket=bucket, Key="audio/a/1")  # the call took effect
    upload.abort()

    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


@pytest.mark.parametrize("ended", ["complete", "abort"])
def test_calls_of_an_ended_upload_that_arrive_late_change_nothing(s3: Any, bucket: str, ended: str) -> None:
    """A part, a completion and an abort that the network has held back."""
    content = bytes(PART_BYTES) + b"accepted"
    upload = S3AudioStore(s3, bucket).open_upload("audio/a/1", "audio/wav")
    upload.write(content)
    [under_way] = s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
    late = {"Bucket": bucket, "Key": "audio/a/1", "UploadId": under_way["UploadId"]}
    part = s3.list_parts(**late)["Parts"][0]
    parts = {"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]}
    getattr(upload, ended)()

    for call in (
        lambda: s3.upload_part(**late, PartNumber=1, Body=b"late"),
        lambda: s3.complete_multipart_upload(**late, MultipartUpload=parts),
        lambda: s3.abort_multipart_upload(**late),
    ):
        with pytest.raises(s3.exceptions.NoSuchUpload):
            call()

    stored = {each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", ())}
    assert stored == ({"audio/a/1"} if ended == "complete" else set())
    if ended == "complete":
        assert S3AudioStore(s3, bucket).fetch("audio/a/1") == content


def test_an_abort_that_fails_does_not_raise(caplog: pytest.LogCaptureFixture) -> None:
    client = aws_client("s3", UNREACHABLE)
    upload = S3AudioStore(client, "b").open_upload("audio/a/1", "audio/wav")
    with Stubber(client) as stubber:
        stubber.add_response("create_multipart_upload", {"UploadId": "u"})
        stubber.add_response("upload_part", {"ETag": "e1"})
        upload.write(bytes(PART_BYTES + 1))
    with caplog.at_level(logging.WARNING, "rawk"):
        upload.abort()
    assert "upload_left_to_sweep" in caplog.text


def test_an_upload_holds_one_part_in_memory(s3: Any, bucket: str) -> None:
    upload = S3AudioStore(s3, bucket).open_upload("audio/a/1", "audio/wav")
    chunk = bytes(1_000_000)
    upload.write(bytes(PART_BYTES + 1))  # so that what the first call loads does not count
    tracemalloc.start()
    for _ in range(25):
        upload.write(chunk)
    upload.complete()
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 10_000_000  # one part of 5 MiB, and what boto3 itself needs


def test_only_audio_is_listed(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="reports/1", Body=b"x")
    for number in range(3):
        s3.put_object(Bucket=bucket, Key=f"audio/a/{number}", Body=b"x")
    s3.put_object(Bucket=bucket, Key="incoming/a/3", Body=b"x")
    tomorrow = datetime(2100, 1, 1, tzinfo=UTC)
    assert len(list(S3AudioStore(s3, bucket).older_than(tomorrow))) == 4


def test_more_than_one_page_of_audio_is_listed() -> None:
    """S3 lists at most 1,000 keys at a time."""
    client, old = aws_client("s3", UNREACHABLE), datetime(2026, 1, 1, tzinfo=UTC)
    with Stubber(client) as stubber:
        for prefix in ("audio/", "incoming/"):
            for page in (1, 2):
                keys = [{"Key": f"{prefix}a/{page}-{number}", "LastModified": old} for number in range(1000)]
                more = {"NextContinuationToken": "t"} if page == 1 else {}
                asked = {"Bucket": "b", "Prefix": prefix, **({"ContinuationToken": "t"} if page == 2 else {})}
                listed = {"Contents": keys, "IsTruncated": page == 1, **more}
                stubber.add_response("list_objects_v2", listed, asked)
        found = list(S3AudioStore(client, "b").older_than(datetime(2027, 1, 1, tzinfo=UTC)))
    assert len(set(found)) == 4000


def _lose_the_answer(client: Any, operation: str) -> None:
    """Calls of the operation take effect, but their answers are errors."""

    def lose(response_dict: dict[str, Any], **_: object) -> None:
        response_dict["status_code"] = 503

    client.meta.events.register_first(f"before-parse.s3.{operation}", lose)


# the API's adapters, whose sends and removals are bounded in time


def test_the_apis_store_removes_audio_as_the_others_do(s3: Any, bucket: str) -> None:
    audio = BoundedAudioStore(s3, bucket)
    uploaded(audio, 10)

    audio.delete("audio/a/1")
    audio.delete("audio/a/1")

    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    audio.close()


def test_the_apis_queue_sends_jobs_as_the_others_do(request: pytest.FixtureRequest) -> None:
    sqs = aws_client("sqs", the_localstack(request.config).endpoint_url)
    url = sqs.create_queue(QueueName=f"bounded-{uuid4()}")["QueueUrl"]
    queue, job = BoundedJobQueue(sqs, url), Job(str(uuid4()), "c")

    queue.send(job)

    [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2)["Messages"]
    assert decode(message["Body"]) == job
    queue.close()
