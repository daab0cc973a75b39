"""Failures of S3. Every fault affects this pipeline's bucket alone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sim.faults.aws import (
    ANSWERS,
    FUNCTIONS,
    ActiveHold,
    AnswerKind,
    AwsFault,
    AwsWorld,
    Duration,
    answering,
    in_words,
    seconds_of,
    the_bucket,
)

PUTS = ["PutObject", "PostObject", "CopyObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"]
"""Every call of an upload: small, multipart, or by a presigned form with the copy that its submission makes."""
ENDS_OF_PUTS = ["PutObject", "PostObject", "CopyObject", "CompleteMultipartUpload"]
"""The calls that create the object."""
OPERATIONS = {"put": PUTS, "get": ["GetObject"]}
NAMES = {"put": "uploads", "get": "downloads"}


def down() -> AwsFault:
    """503 on every call about the bucket, to every caller."""
    return AwsFault("storage", "S3 answers 503", the_bucket, {"service": "s3"})


def put_fails(status: int = 503) -> AwsFault:
    """An error status on uploads; nothing is stored."""
    return _failing("put", status)


def get_fails(status: int = 503) -> AwsFault:
    """An error status on downloads."""
    return _failing("get", status)


def slow(duration: Duration, what: Literal["put", "get"] = "get") -> AwsFault:
    """The right response after the duration. A worker waits in virtual time, an uploading client in real time."""
    if what not in OPERATIONS:
        raise ValueError(f"`what` must be {' or '.join(OPERATIONS)}, not {what!r}")
    rule = {"effect": "slow", "latency_ms": seconds_of(duration) * 1000}
    description = f"S3 answers {NAMES[what]} after {in_words(seconds_of(duration))}"
    return AwsFault("storage", description, the_bucket, {"service": "s3", "operations": OPERATIONS[what], **rule})


def object_missing() -> AwsFault:
    """404 NoSuchKey to the worker, as for audio that expired or was deleted by another party."""
    rule = {"operation": "GetObject", "callers": [*FUNCTIONS], "error": {"statusCode": 404, "code": "NoSuchKey"}}
    return AwsFault("storage", "S3 answers 404 NoSuchKey to the worker", the_bucket, {"service": "s3", **rule})


def other_content() -> AwsFault:
    """200 and other bytes to the worker, as many as were stored: the object itself does not change."""
    rule = {"operation": "GetObject", "callers": [*FUNCTIONS], "effect": "other_content"}
    return AwsFault("storage", "S3 answers the worker with other bytes", the_bucket, {"service": "s3", **rule})


def copy_held(meanwhile: Callable[[], object]) -> "CopyHeld":
    """The first copy of uploaded audio waits, after the API has checked the audio, until `meanwhile` has returned."""
    return CopyHeld(meanwhile)


def copy_answer_held(meanwhile: Callable[[], object]) -> "CopyHeld":
    """The first copy of uploaded audio is made, and its answer waits until `meanwhile` has returned."""
    return CopyHeld(meanwhile, "hold_answer")


def put_response_lost() -> AwsFault:
    """The object is stored, then the connection is reset: the uploader cannot know that it is."""
    rule = {"operations": ENDS_OF_PUTS, "effect": "lost_answer"}
    return AwsFault("storage", "S3 stores the audio and its response is lost", the_bucket, {"service": "s3", **rule})


def resets() -> AwsFault:
    """The connection is reset before any call is executed."""
    return AwsFault("storage", "S3 resets connections", the_bucket, {"service": "s3", "effect": "reset"})


def hanging() -> AwsFault:
    """No call about the bucket is answered; none takes effect. A client waits in real time, as long as its timeouts."""
    return AwsFault("storage", "S3 does not answer", the_bucket, {"service": "s3", "effect": "hang"})


def hanging_for_functions() -> AwsFault:
    """No call of worker and relay about the bucket is answered; none takes effect. They wait in virtual time, as long
    as their timeouts."""
    rule = {"service": "s3", "callers": [*FUNCTIONS], "effect": "hang"}
    return AwsFault("storage", "S3 does not answer worker and relay", the_bucket, rule)


def answers(kind: AnswerKind, what: Literal["any", "put", "get"] = "any") -> AwsFault:
    """Status 200 with an answer that is no success, on any call about the bucket, or on uploads or downloads alone.

    `empty`, `html`, `other_json`, `error_body` and `truncated` come instead of the call's effect, as from a proxy in
    between; after `partial` the call has taken effect, and the answer lacks entity tag, upload id and request id.

    Raises:
        ValueError: an unknown kind.
    """
    if what != "any" and what not in OPERATIONS:
        raise ValueError(f"`what` must be any, {' or '.join(OPERATIONS)}, not {what!r}")
    rule = answering("s3", kind) | ({} if what == "any" else {"operations": OPERATIONS[what]})
    calls = "" if what == "any" else f" on {NAMES[what]}"
    return AwsFault("storage", f"S3 answers 200 with {ANSWERS[kind]}{calls}", the_bucket, rule)


def _failing(what: Literal["put", "get"], status: int) -> AwsFault:
    error = {"statusCode": status, "code": "SlowDown" if status == 503 else "InternalError"}
    rule = {"service": "s3", "operations": OPERATIONS[what], "error": error}
    return AwsFault("storage", f"S3 answers {status} on {NAMES[what]}", the_bucket, rule)


@dataclass(frozen=True)
class CopyHeld:
    """Something happens before the copy of uploaded audio, or before the API learns of it."""

    meanwhile: Callable[[], object]
    effect: Literal["hold", "hold_answer"] = "hold"
    family: str = "storage"

    def describe(self) -> str:
        what = "the copy of uploaded audio" if self.effect == "hold" else "its answer about the copy of uploaded audio"
        return f"S3 holds {what} while a client acts"

    def start(self, world: AwsWorld) -> ActiveHold:
        rule = {"service": "s3", "operation": "CopyObject", "callers": ["client"], "nth": 1, "effect": self.effect}
        return ActiveHold(world, {**rule, "resource": the_bucket(world.pipeline)}, self._act)

    def _act(self) -> int:
        self.meanwhile()
        return 1
