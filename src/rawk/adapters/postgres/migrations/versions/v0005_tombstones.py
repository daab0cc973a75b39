"""A tombstone keeps a digest of the idempotency key, and nothing that was made from the recording."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SAFE_BECAUSE = {
    "alter column deleted_memories.content_digest: DROP NOT NULL": "the release before only compares it",
    "rows of deleted_memories": "they gain a digest, and what the release before reads of them stays",
    "index deleted_memories_key_digest on deleted_memories": "deletions wait for one scan of a table of thirty days",
}

# As `rawk.adapters.postgres.values.key_digest` computes it.
_DIGEST = r"encode(sha256(convert_to(tenant || E'\n' || idempotency_key, 'UTF8')), 'hex')"


def upgrade() -> None:
    # The release before goes on writing key and content digest, and reads them in the tombstones that exist: they stay
    # until these tombstones are deleted by age.
    op.alter_column("deleted_memories", "content_digest", existing_type=sa.Text(), nullable=True)
    op.add_column("deleted_memories", sa.Column("key_digest", sa.Text()))
    op.execute(f"UPDATE deleted_memories SET key_digest = {_DIGEST} WHERE idempotency_key IS NOT NULL")
    op.create_index(
        "deleted_memories_key_digest",
        "deleted_memories",
        ["key_digest"],
        postgresql_where=sa.text("key_digest IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("deleted_memories_key_digest", "deleted_memories")
    op.drop_column("deleted_memories", "key_digest")
    op.execute("UPDATE deleted_memories SET content_digest = '' WHERE content_digest IS NULL")
    op.alter_column("deleted_memories", "content_digest", existing_type=sa.Text(), nullable=False)
