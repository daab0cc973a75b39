"""The job message, version 1. The audio stays in S3 (claim check); the message only names the memory."""

import json
import re
from dataclasses import dataclass
from uuid import UUID

from rawk.domain.errors import PoisonMessage

VERSION = 1
PROCESS_MEMORY = "process_memory"
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class Job:
    """A job for the worker: process one memory."""

    memory_id: str
    correlation_id: str
    traceparent: str | None = None
    """The trace of who asked for it (W3C Trace Context); in the body, so that every redrive keeps it."""


def encode(job: Job) -> str:
    trace = {} if job.traceparent is None else {"traceparent": job.traceparent}
    return json.dumps(
        {
            "version": VERSION,
            "type": PROCESS_MEMORY,
            "memory_id": job.memory_id,
            "correlation_id": job.correlation_id,
            **trace,
        }
    )


def decode(body: str) -> Job:
    """The job in a message body. Raises PoisonMessage, which says what is wrong, for any other message."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PoisonMessage("the body is not JSON") from error
    if not isinstance(fields, dict):
        raise PoisonMessage("the body is not a JSON object")
    version = fields.get("version")
    # `true` and `1.0` equal 1 in Python, but `encode` writes neither.
    if type(version) is not int or version != VERSION:
        raise PoisonMessage("the version is unknown")
    if fields.get("type") != PROCESS_MEMORY:
        raise PoisonMessage("the type is unknown")
    traceparent = valid_traceparent(fields.get("traceparent"))
    return Job(_memory_id(fields), _text(fields, "correlation_id"), traceparent)


def valid_traceparent(value: object) -> str | None:
    """The value, if it has the form of version 00; a trace that is not valid is no reason to refuse a job."""
    return value if isinstance(value, str) and _TRACEPARENT.fullmatch(value) else None


def ids_in(body: object) -> dict[str, str]:
    """What log lines about a message name; nothing for a message that is no job."""
    job = _job_in(body)
    return {} if job is None else {"memory_id": job.memory_id, "correlation_id": job.correlation_id}


def traceparent_in(body: object) -> str | None:
    """The trace of a message's producer; None for a message that is no job."""
    job = _job_in(body)
    return None if job is None else job.traceparent


def _job_in(body: object) -> Job | None:
    try:
        return decode(body) if isinstance(body, str) else None
    except PoisonMessage:
        return None


def _memory_id(fields: dict[str, object]) -> str:
    text = _text(fields, "memory_id")
    try:
        return str(UUID(text))
    except ValueError as error:
        raise PoisonMessage("memory_id is not a UUID") from error


def _text(fields: dict[str, object], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise PoisonMessage(f"{name} is missing")
    return value
