"""Memories, their history, the outbox and the tombstones."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# Written out, not taken from the code: a migration says what was true when it was made.
_STATUSES = "IN ('uploading', 'queued', 'processing', 'transcript_only', 'complete', 'failed')"
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_memories()
    _create_memory_events()
    _create_outbox()
    _create_deleted_memories()


def downgrade() -> None:
    for table in ("deleted_memories", "outbox", "memory_events", "memories"):
        op.drop_table(table)


def _create_memories() -> None:
    op.create_table(
        "memories",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("audio_key", sa.Text(), nullable=False),
        sa.Column("audio_content_type", sa.Text(), nullable=False),
        sa.Column("audio_bytes", sa.BigInteger(), nullable=False),
        sa.Column("content_digest", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text()),
        sa.Column("title", sa.Text()),
        sa.Column("recorded_at", _TIME),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("transcript", sa.Text()),
        sa.Column("transcribed_at", _TIME),
        sa.Column("analysis", JSONB()),
        sa.Column("analysis_state", sa.Text()),
        sa.Column("analysis_attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("analysis_due_at", _TIME),
        sa.Column("completed_at", _TIME),
        sa.Column("failure_reason", sa.Text()),
        sa.Column("failure_detail", sa.Text()),
        sa.Column("failed_message_id", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("openai_calls", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("billed_seconds", sa.Double(), nullable=False, server_default="0"),
        sa.Column("lease_token", sa.Text()),
        sa.Column("lease_expires_at", _TIME),
        sa.Column("completed_under", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("memories_pkey")),
        sa.CheckConstraint(f"status {_STATUSES}", name=op.f("memories_status_check")),
        sa.CheckConstraint(
            "analysis_state IN ('pending', 'done', 'gave_up')", name=op.f("memories_analysis_state_check")
        ),
        sa.CheckConstraint("(lease_token IS NULL) = (lease_expires_at IS NULL)", name=op.f("memories_lease_check")),
        sa.CheckConstraint(
            "status NOT IN ('transcript_only', 'complete') OR transcript IS NOT NULL",
            name=op.f("memories_transcript_check"),
        ),
        sa.CheckConstraint("status <> 'complete' OR analysis IS NOT NULL", name=op.f("memories_analysis_check")),
    )
    op.create_index(
        "memories_idempotency_key",
        "memories",
        ["tenant", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.create_index("memories_newest", "memories", ["tenant", "created_at", "id"])
    op.create_index("memories_audio", "memories", ["audio_key"])
    op.create_index(
        "memories_analysis_due",
        "memories",
        ["analysis_due_at"],
        postgresql_where=sa.text("status = 'transcript_only' AND analysis_state = 'pending'"),
    )
    op.create_index(
        "memories_in_work",
        "memories",
        ["updated_at"],
        postgresql_where=sa.text("status IN ('queued', 'processing')"),
    )


def _create_memory_events() -> None:
    op.create_table(
        "memory_events",
        sa.Column("memory_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("memory_id", "number", name=op.f("memory_events_pkey")),
        _belongs_to_a_memory(op.f("memory_events_memory_id_fkey")),
        sa.CheckConstraint(f"status {_STATUSES}", name=op.f("memory_events_status_check")),
    )


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("memory_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("outbox_pkey")),
        _belongs_to_a_memory(op.f("outbox_memory_id_fkey")),
        sa.UniqueConstraint("memory_id", name=op.f("outbox_memory_id_key")),
    )
    op.create_index("outbox_due", "outbox", ["due_at"])


def _create_deleted_memories() -> None:
    op.create_table(
        "deleted_memories",
        sa.Column("memory_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text()),
        sa.Column("content_digest", sa.Text(), nullable=False),
        sa.Column("deleted_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("memory_id", name=op.f("deleted_memories_pkey")),
    )
    op.create_index(
        "deleted_memories_idempotency_key",
        "deleted_memories",
        ["tenant", "idempotency_key"],
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.create_index("deleted_memories_age", "deleted_memories", ["deleted_at"])


def _belongs_to_a_memory(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["memory_id"], ["memories.id"], name=name, ondelete="CASCADE")
