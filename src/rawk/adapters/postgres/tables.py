"""The tables: memories, their history, the outbox, the tombstones of deleted memories, and who may call the API.

The migrations (`rawk/adapters/postgres/migrations`) create exactly these; a test compares the two.
"""

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from rawk.domain.memory import AnalysisState, Status

REVISION = "0007"
"""The newest migration: what this release needs. Revisions are numbers of four digits, so that text compares them."""


class UtcTime(TypeDecorator[datetime]):
    """`timestamptz`, in UTC both ways. Raises ValueError for a time without a zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is not None and value.tzinfo is None:
            raise ValueError("a time needs a time zone")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return value.astimezone(UTC) if value is not None else None


def _one_of(column: str, words: type[StrEnum]) -> str:
    return f"{column} IN ({', '.join(f"'{word}'" for word in words)})"


metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)

memories = Table(
    "memories",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("audio_key", Text, nullable=False),
    Column("audio_content_type", Text, nullable=False),
    Column("audio_bytes", BigInteger, nullable=False),
    # SHA-256 in hex; empty before a direct upload is accepted, and in rows that are older than this column.
    Column("audio_sha256", Text),
    Column("content_digest", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("idempotency_key", Text),
    Column("title", Text),
    Column("recorded_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("transcript", Text),
    Column("transcribed_at", UtcTime),
    Column("analysis", JSONB(none_as_null=True)),
    Column("analysis_state", Text),
    Column("analysis_attempts", Integer, nullable=False, server_default="0"),
    Column("analysis_due_at", UtcTime),
    Column("completed_at", UtcTime),
    Column("failure_reason", Text),
    Column("failure_detail", Text),
    Column("failed_message_id", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("openai_calls", Integer, nullable=False, server_default="0"),
    Column("billed_seconds", Double, nullable=False, server_default="0"),
    Column("lease_token", Text),
    Column("lease_expires_at", UtcTime),
    # The lease that completed it: the same analysis saved again under this lease is a repeated call.
    Column("completed_under", Text),
    CheckConstraint(_one_of("status", Status), name="status"),
    CheckConstraint(_one_of("analysis_state", AnalysisState), name="analysis_state"),
    CheckConstraint("(lease_token IS NULL) = (lease_expires_at IS NULL)", name="lease"),
    CheckConstraint("status NOT IN ('transcript_only', 'complete') OR transcript IS NOT NULL", name="transcript"),
    CheckConstraint("status <> 'complete' OR analysis IS NOT NULL", name="analysis"),
    # Also for the release before, which would accept a direct upload under the key that its form can still write to.
    CheckConstraint("status = 'uploading' OR NOT starts_with(audio_key, 'incoming/')", name="audio_key"),
    Index(
        "memories_idempotency_key",
        "tenant",
        "idempotency_key",
        unique=True,
        postgresql_where=text("idempotency_key IS NOT NULL"),
    ),
    Index("memories_newest", "tenant", "created_at", "id"),
    Index("memories_audio", "audio_key"),
    Index(
        "memories_analysis_due",
        "analysis_due_at",
        postgresql_where=text("status = 'transcript_only' AND analysis_state = 'pending'"),
    ),
    Index("memories_uploading", "created_at", postgresql_where=text("status = 'uploading'")),
    Index("memories_in_work", "updated_at", postgresql_where=text("status IN ('queued', 'processing')")),
)

memory_events = Table(
    "memory_events",
    metadata,
    Column("memory_id", ForeignKey("memories.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("status", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    CheckConstraint(_one_of("status", Status), name="status"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    # One row for each memory: a job names only a memory, so that a second row could only send a duplicate.
    Column("memory_id", ForeignKey("memories.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("due_at", UtcTime, nullable=False),
    # When the row was written; empty in rows that are older than this column.
    Column("written_at", UtcTime),
    # The trace of the request that wrote the row; empty while traces are off, and in rows of the release before.
    Column("traceparent", Text),
    Index("outbox_due", "due_at"),
)

deleted_memories = Table(
    "deleted_memories",
    metadata,
    Column("memory_id", Uuid(as_uuid=False), primary_key=True),
    Column("tenant", Text, nullable=False),
    # Written by the release before this one only, which kept the key itself and a digest of the recording.
    Column("idempotency_key", Text),
    Column("content_digest", Text),
    Column("deleted_at", UtcTime, nullable=False),
    # The digest of the idempotency key; none when the memory had no key.
    Column("key_digest", Text),
    Index(
        "deleted_memories_idempotency_key",
        "tenant",
        "idempotency_key",
        postgresql_where=text("idempotency_key IS NOT NULL"),
    ),
    Index("deleted_memories_age", "deleted_at"),
    Index("deleted_memories_key_digest", "key_digest", postgresql_where=text("key_digest IS NOT NULL")),
)

users = Table(
    "users",
    metadata,
    Column("name", Text, primary_key=True),
    Column("tenants", ARRAY(Text), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("disabled_at", UtcTime),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    # SHA-256 in hex; the key itself is nowhere.
    Column("digest", Text, nullable=False, unique=True),
    Column("tenants", ARRAY(Text), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

logins = Table(
    "logins",
    metadata,
    # The digest of a name that a client tried to log in with.
    Column("subject", Text, primary_key=True),
    Column("began_at", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Index("logins_began", "began_at"),
)
