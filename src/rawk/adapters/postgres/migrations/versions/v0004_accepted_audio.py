"""What was accepted is frozen: the digest of the audio, and no key that a client's form can write to."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SAFE_BECAUSE = {
    "add constraint memories_audio_key_check on memories": "the release before submits only what it began, below audio/"
}


def upgrade() -> None:
    # It may be empty: older rows have none, and while a new version is rolled out, the old one writes rows without it.
    op.add_column("memories", sa.Column("audio_sha256", sa.Text()))
    op.create_check_constraint(
        op.f("memories_audio_key_check"),
        "memories",
        "status = 'uploading' OR NOT starts_with(audio_key, 'incoming/')",
    )


def downgrade() -> None:
    # Nobody accepted these. The old version would, where a form still writes: the audio would expire with the others
    # below incoming/, and the constraint could not be created again.
    op.execute("DELETE FROM memories WHERE status = 'uploading' AND starts_with(audio_key, 'incoming/')")
    op.drop_constraint(op.f("memories_audio_key_check"), "memories")
    op.drop_column("memories", "audio_sha256")
