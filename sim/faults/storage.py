"""What S3 can do to us. Every fault is about this pipeline's bucket alone."""

from typing import Literal

from sim.faults.aws import FUNCTIONS, AwsFault, Duration, in_words, seconds_of, the_bucket

PUTS = ["PutObject", "PostObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"]
"""Every call that an upload is made of, small or large, or past the API."""
ENDS_OF_PUTS = ["PutObject", "PostObject", "CompleteMultipartUpload"]
"""The calls that make an object be there."""
OPERATIONS = {"put": PUTS, "get": ["GetObject"]}


def down() -> AwsFault:
    """503 on every call about the bucket, whoever calls."""
    return AwsFault("storage", "S3 is down", the_bucket, {"service": "s3"})


def put_fails(status: int = 503) -> AwsFault:
    """An error instead of storing; nothing is stored."""
    return _failing("put", status, "S3 stores nothing and answers")


def get_fails(status: int = 503) -> AwsFault:
    """An error instead of the object."""
    return _failing("get", status, "S3 gives no object and answers")


def slow(duration: Duration, what: Literal["put", "get"] = "get") -> AwsFault:
    """The right answer, late. A worker waits in the world's time; whoever uploads waits in real time."""
    if what not in OPERATIONS:
        raise ValueError(f"an object is {' or '.join(OPERATIONS)}, there is no {what!r}")
    rule = {"effect": "slow", "latency_ms": seconds_of(duration) * 1000}
    words = f"S3 takes {in_words(seconds_of(duration))} to {'store' if what == 'put' else 'give'} an object"
    return AwsFault("storage", words, the_bucket, {"service": "s3", "operations": OPERATIONS[what], **rule})


def object_gone() -> AwsFault:
    """404 NoSuchKey to the worker, as for audio that expired or was removed behind our back."""
    rule = {"operation": "GetObject", "callers": [*FUNCTIONS], "error": {"statusCode": 404, "code": "NoSuchKey"}}
    return AwsFault("storage", "S3 no longer has the audio", the_bucket, {"service": "s3", **rule})


def put_answer_lost() -> AwsFault:
    """The object is stored, then the connection is reset: who put it can not know."""
    rule = {"operations": ENDS_OF_PUTS, "effect": "lost_answer"}
    return AwsFault("storage", "S3 stores the audio and its answer gets lost", the_bucket, {"service": "s3", **rule})


def resets() -> AwsFault:
    """The connection is reset instead of every call; nothing is done."""
    return AwsFault("storage", "S3 resets connections", the_bucket, {"service": "s3", "effect": "reset"})


def _failing(what: Literal["put", "get"], status: int, words: str) -> AwsFault:
    error = {"statusCode": status, "code": "SlowDown" if status == 503 else "InternalError"}
    rule = {"service": "s3", "operations": OPERATIONS[what], "error": error}
    return AwsFault("storage", f"{words} {status}", the_bucket, rule)
