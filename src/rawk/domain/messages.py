"""The job message, version 1. The audio stays in S3 (claim check); the message only names the memory."""

import json
from dataclasses import dataclass
from uuid import UUID

from rawk.domain.errors import PoisonMessage

VERSION = 1
PROCESS_MEMORY = "process_memory"


@dataclass(frozen=True, slots=True)
class Job:
    """A job for the worker: process one memory."""

    memory_id: str
    correlation_id: str


def encode(job: Job) -> str:
    return json.dumps(
        {
            "version": VERSION,
            "type": PROCESS_MEMORY,
            "memory_id": job.memory_id,
            "correlation_id": job.correlation_id,
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
    return Job(memory_id=_memory_id(fields), correlation_id=_text(fields, "correlation_id"))


def ids_in(body: object) -> dict[str, str]:
    """What log lines about a message name; nothing for a message that is no job."""
    try:
        job = decode(body) if isinstance(body, str) else None
    except PoisonMessage:
        job = None
    if job is None:
        return {}
    return {"memory_id": job.memory_id, "correlation_id": job.correlation_id}


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
