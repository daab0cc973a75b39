"""Memories for the contract tests, and moments in minutes after noon."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from rawk.domain.memory import Analysis, NewMemory, Usage
from rawk.ports import Claimed, ClaimRequest, Lease, MemoryStore, NewTranscript, SubmittedUpload

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
"""The start of every contract test."""

USAGE = Usage(openai_calls=1, billed_seconds=7.5)

ANALYSIS = Analysis(
    title="Grandma's soup",
    summary="How to make it, and why with dill.",
    topics=("cooking", "family"),
    people=("Grandma",),
    mood="positive",
)

_numbers = count(1)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def an_id() -> str:
    return str(uuid5(NAMESPACE_URL, f"memory {next(_numbers)}"))


def new_memory(**changes: Any) -> NewMemory:
    memory_id = changes.pop("id", None) or an_id()
    tenant = changes.get("tenant", "acme")
    fields: dict[str, Any] = {
        "id": memory_id,
        "tenant": tenant,
        "audio_key": f"audio/{tenant}/{memory_id}",
        "audio_content_type": "audio/wav",
        "audio_bytes": 32_000,
        "content_digest": "d1",
        "correlation_id": f"c-{memory_id[:8]}",
    }
    return NewMemory(**{**fields, **changes})


def submitted_upload(memory_id: str, tenant: str = "acme", attempt: str = "1", size_bytes: int = 77) -> SubmittedUpload:
    """What an attempt to accept a direct upload has copied."""
    key = f"audio/{tenant}/{memory_id}.{attempt}"
    return SubmittedUpload(tenant, memory_id, "audio/mp4", size_bytes, key, f"sha256 of {attempt}")


def accepted(store: MemoryStore, **changes: Any) -> str:
    """A queued memory, accepted at noon; gives its id."""
    now = changes.pop("now", NOON)
    return store.accept(new_memory(**changes), now, now).memory.id


def claimed(store: MemoryStore, memory_id: str, token: str = "t1", message_id: str = "m1", minute: float = 1) -> Lease:
    """A lease for ten minutes."""
    claim = store.claim(ClaimRequest(memory_id, message_id, token, at(minute + 10)), at(minute))
    assert isinstance(claim, Claimed)
    return claim.lease


def transcribed(store: MemoryStore, memory_id: str, due_minute: float = 60) -> Lease:
    """Claim it and save a transcript; the lease is still held."""
    lease = claimed(store, memory_id)
    store.save_transcript(lease, NewTranscript("Take the dill.", USAGE, at(due_minute)), at(2))
    return lease


def waiting_for_analysis(store: MemoryStore, due_minute: float = 60, **changes: Any) -> str:
    """A transcript-only memory without a lease, whose analysis is due at that minute; gives its id."""
    memory_id = accepted(store, **changes)
    store.release(transcribed(store, memory_id, due_minute), Usage(), at(3))
    return memory_id


def completed(store: MemoryStore, **changes: Any) -> str:
    memory_id = accepted(store, **changes)
    store.save_analysis(transcribed(store, memory_id), ANALYSIS, USAGE, at(3))
    return memory_id
