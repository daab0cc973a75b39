"""The trace of the request that wrote an outbox row, which the relay passes on with the job."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    # It may be empty: traces may be off, and while a new version is rolled out, the old one writes rows without it.
    op.add_column("outbox", sa.Column("traceparent", sa.Text()))


def downgrade() -> None:
    op.drop_column("outbox", "traceparent")
