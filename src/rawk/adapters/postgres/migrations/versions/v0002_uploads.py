"""Uploads that were begun and never submitted are found by their age."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SAFE_BECAUSE = {"index memories_uploading on memories": "writes wait for one scan of the table, as in an outage"}


def upgrade() -> None:
    op.create_index("memories_uploading", "memories", ["created_at"], postgresql_where=sa.text("status = 'uploading'"))


def downgrade() -> None:
    op.drop_index("memories_uploading", "memories")
