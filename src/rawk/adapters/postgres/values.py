"""Rules for single values that both memory stores apply, so that the in-memory one accepts no more than Postgres."""

import hashlib
import re
from datetime import UTC, datetime

from rawk.domain.audio_keys import INCOMING_PREFIX
from rawk.domain.memory import Analysis

_MEMORY_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_memory_id(text: str) -> bool:
    """True for a UUID in its usual form: 36 characters, lower case, with hyphens."""
    return _MEMORY_ID.fullmatch(text) is not None


def require_memory_id(text: str) -> None:
    """Raises ValueError unless it is a memory id."""
    if not is_memory_id(text):
        raise ValueError(f"a memory id must be a UUID in lower case, not {text!r}")


def require_accepted_key(audio_key: str) -> None:
    """Raises ValueError for a key that a client's form can write to: no memory is accepted with such audio."""
    if audio_key.startswith(INCOMING_PREFIX):
        raise ValueError(f"{audio_key} is not a key of accepted audio")


def key_digest(tenant: str, idempotency_key: str) -> str:
    """SHA-256 in hex of a tenant's idempotency key: what a tombstone keeps of it.

    A tenant's name has no line break, so no two pairs have the same text. The migration that adds the column computes
    the same in SQL.
    """
    return hashlib.sha256(f"{tenant}\n{idempotency_key}".encode("utf-8", errors="surrogatepass")).hexdigest()


def utc(moment: datetime) -> datetime:
    """The moment in UTC. Raises ValueError for one without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("a time needs a time zone")
    return moment.astimezone(UTC)


def storable(text: str) -> str:
    """The text without characters that Postgres cannot store: NUL is dropped, a lone surrogate becomes "?".

    Both come from OpenAI as JSON escapes, and one bad character must not fail a whole transcript.
    """
    return text.replace("\0", "").encode("utf-8", errors="replace").decode("utf-8")


def storable_analysis(analysis: Analysis) -> Analysis:
    return Analysis(
        title=storable(analysis.title),
        summary=storable(analysis.summary),
        topics=tuple(map(storable, analysis.topics)),
        people=tuple(map(storable, analysis.people)),
        mood=storable(analysis.mood),
    )
