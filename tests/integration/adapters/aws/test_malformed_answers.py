"""An answer with status 200 that is not AWS's is neither a success nor a crash, for every call of both adapters."""

import gc
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from rawk.adapters.s3.store import PART_BYTES, S3AudioStore
from rawk.adapters.sqs.queue import SqsDeadLetters, SqsJobQueue
from rawk.domain.errors import AudioMissing, QueueUnavailable, StorageUnavailable
from rawk.domain.messages import Job, encode
from rawk.ports import AudioStore, DeadLetter, Delivery
from tests.contract.servers import aws_client
from tests.integration.adapters.aws.raw_server import answering, http_answer

JOB = Job("m", "c")
LETTER = DeadLetter("m1", "handle", "{}", 3, datetime(2026, 5, 4, tzinfo=UTC))
HTML = b"<!DOCTYPE html><html><head><title>Welcome</title><body><br>Hello<p></html>"
XHTML = b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body>Hello</body></html>'
S3_ERROR = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>InternalError</Code><Message>again</Message></Error>'
RANGE = 'ETag: "e"\r\nContent-Range: bytes 0-3/'

NONSENSE = {
    "empty": http_answer(b""),
    "html": http_answer(HTML, headers="Content-Type: text/html\r\n"),
    "xhtml": http_answer(XHTML, headers="Content-Type: application/xhtml+xml\r\n"),
    "error with status 200": http_answer(S3_ERROR, headers="Content-Type: application/xml\r\n"),
    "bytes": http_answer(bytes(range(256))),
    "json list": http_answer(b"[]"),
    "json list of null": http_answer(b"[null]"),
    "json null": http_answer(b"null"),
    "json text": http_answer(b'"MessageId"'),
    "json number": http_answer(b"1e999"),
    "json of other types": http_answer(
        b'{"MessageId": {}, "Messages": 1, "Attributes": [], "Results": 7, "TaskHandle": []}'
    ),
    "json of messages that are none": http_answer(b'{"Messages": [null, 1, {}], "Attributes": {"QueueArn": 3}}'),
    "truncated json": http_answer(b'{"MessageId": "1", "MD5'),
    "truncated xml": http_answer(S3_ERROR[:60]),
    "shorter than stated": http_answer(b"RIFF", length_bytes=1000),
    "body of a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nRIFF",
    "chunks that break off": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nRIFF",
    "compressed that is not": http_answer(b"RIFF", headers="Content-Encoding: gzip\r\n"),
    "not http": b"220 mail.example.com ESMTP\r\n",
    "nothing": b"",
    "only a status": b"HTTP/1.1 200 OK\r\n",
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "html with 404": http_answer(HTML, status="404 Not Found"),
    "html with 502": http_answer(HTML, status="502 Bad Gateway"),
    "502 that breaks off": http_answer(HTML, status="502 Bad Gateway", length_bytes=1000),
    "redirect": http_answer(b"", status="302 Found", headers="Location: http://127.0.0.1:9/\r\n"),
}


def uploaded(audio: AudioStore, size_bytes: int) -> None:
    upload = audio.open_upload("audio/a/1", "audio/wav")
    upload.write(bytes(size_bytes))
    upload.complete()


S3_CALLS: dict[str, Callable[[AudioStore], object]] = {
    "head": lambda audio: audio.head("audio/a/1", 4),
    "fetch": lambda audio: audio.fetch("audio/a/1"),
    "delete": lambda audio: audio.delete("audio/a/1"),
    "older_than": lambda audio: list(audio.older_than(datetime.now(UTC))),
    "small upload": lambda audio: uploaded(audio, 10),
    "big upload": lambda audio: uploaded(audio, PART_BYTES + 1),
}
SQS_CALLS: dict[str, Callable[[Any], object]] = {
    "send": lambda client: SqsJobQueue(client, "http://sqs/1/jobs").send(JOB),
    "postpone": lambda client: SqsJobQueue(client, "http://sqs/1/jobs").postpone(Delivery("m", "h", "{}", 1), 5),
    "peek": lambda client: letters(client).peek(5),
    "move_all": lambda client: letters(client).move_all(None),
    "move": lambda client: letters(client).move(LETTER),
    "remove": lambda client: letters(client).remove(LETTER),
    "count": lambda client: letters(client).count(),
}


def letters(client: Any) -> SqsDeadLetters:
    return SqsDeadLetters(client, "http://sqs/1/dead", "http://sqs/1/jobs", wait_seconds=0)


@pytest.mark.parametrize("call", S3_CALLS)
@pytest.mark.parametrize("answer", NONSENSE)
def test_nonsense_from_s3_is_unavailable(answer: str, call: str) -> None:
    with answering(NONSENSE[answer]) as server, pytest.raises(StorageUnavailable):
        S3_CALLS[call](S3AudioStore(aws_client("s3", server.url), "bucket"))


@pytest.mark.parametrize("call", SQS_CALLS)
@pytest.mark.parametrize("answer", NONSENSE)
def test_nonsense_from_sqs_is_unavailable(answer: str, call: str) -> None:
    with answering(NONSENSE[answer]) as server, pytest.raises(QueueUnavailable):
        SQS_CALLS[call](aws_client("sqs", server.url))


@pytest.mark.parametrize("answer", NONSENSE)
def test_an_abort_that_gets_nonsense_does_not_raise(answer: str) -> None:
    with answering(NONSENSE[answer]) as server:
        upload = S3AudioStore(aws_client("s3", server.url), "bucket").open_upload("audio/a/1", "audio/wav")
        upload.write(bytes(10))
        with pytest.raises(StorageUnavailable):
            upload.complete()
        upload.abort()


PARTIAL_S3_ANSWERS = {
    "audio without an entity tag": ("fetch", http_answer(b"RIFF")),
    "audio with an empty entity tag": ("fetch", http_answer(b"RIFF", headers="ETag: \r\n")),
    "audio of unknown length": ("fetch", b'HTTP/1.1 200 OK\r\nETag: "e"\r\nConnection: close\r\n\r\nRIFF'),
    "head without a range": ("head", http_answer(b"RIFF", headers='ETag: "e"\r\n')),
    "head of unknown size": ("head", http_answer(b"RIFF", headers=RANGE + "*\r\n", status="206 Partial Content")),
    "head without a size": ("head", http_answer(b"RIFF", headers=RANGE + "\r\n", status="206 Partial Content")),
    "head of other bytes": ("head", http_answer(b"RI", headers=RANGE + "9\r\n", status="206 Partial Content")),
    "whole audio as its head": ("head", http_answer(b"RIFF..", headers=RANGE + "6\r\n", status="206 Partial Content")),
}


@pytest.mark.parametrize("what", PARTIAL_S3_ANSWERS)
def test_a_partial_answer_of_s3_is_unavailable(what: str) -> None:
    call, answer = PARTIAL_S3_ANSWERS[what]
    with answering(answer) as server, pytest.raises(StorageUnavailable):
        S3_CALLS[call](S3AudioStore(aws_client("s3", server.url), "bucket"))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # botocore leaves the connection open
def test_a_length_that_is_no_number_is_unavailable() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nRIFF"
    with answering(answer) as server, pytest.raises(StorageUnavailable):
        S3AudioStore(aws_client("s3", server.url), "bucket").fetch("audio/a/1")
    gc.collect()


def test_only_s3_itself_can_say_that_audio_is_missing() -> None:
    missing = b"<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>"
    with answering(http_answer(missing, status="404 Not Found")) as server, pytest.raises(AudioMissing):
        S3AudioStore(aws_client("s3", server.url), "bucket").fetch("audio/a/1")


def sent(digest: str, message_id: str = "1") -> bytes:
    return http_answer(f'{{"MessageId": "{message_id}", "MD5OfMessageBody": "{digest}"}}'.encode())


@pytest.mark.parametrize(
    "answer",
    [
        sent(hashlib.md5(b"another").hexdigest()),
        sent(""),
        sent(hashlib.md5(encode(JOB).encode()).hexdigest(), message_id=""),
        http_answer(b'{"MessageId": "1"}'),
        http_answer(f'{{"MD5OfMessageBody": "{hashlib.md5(encode(JOB).encode()).hexdigest()}"}}'.encode()),
    ],
)
def test_a_partial_answer_to_a_send_is_unavailable(answer: bytes) -> None:
    with answering(answer) as server, pytest.raises(QueueUnavailable):
        SqsJobQueue(aws_client("sqs", server.url), f"{server.url}/1/jobs").send(JOB)


def test_a_whole_answer_to_a_send_is_a_success() -> None:
    with answering(sent(hashlib.md5(encode(JOB).encode()).hexdigest())) as server:
        SqsJobQueue(aws_client("sqs", server.url), f"{server.url}/1/jobs").send(JOB)
