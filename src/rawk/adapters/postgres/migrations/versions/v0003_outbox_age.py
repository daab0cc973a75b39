"""When each outbox row was written: a metric is the age of the oldest row."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    # It may be empty: while a new version is rolled out, the old one goes on writing rows without it.
    op.add_column("outbox", sa.Column("written_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("outbox", "written_at")
