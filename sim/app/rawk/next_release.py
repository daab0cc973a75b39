"""A release of RAWK after the present one: its sources, with one more migration and code that needs it.

It is made of the present sources, so it stays a release ahead of whatever they become. Its statements write a column
that the schema of the present release does not have, and its reads look at it.
"""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.app.protocol import NextRelease
from sim.app.rawk.processes import PROCESSES

COLUMN = "release"
POSTGRES = Path("adapters", "postgres")
REVISION = re.compile(r'^REVISION = "([0-9]{4})"$', re.MULTILINE)


def next_release(folder: Path) -> NextRelease:
    """Write its sources below the folder."""
    sources = folder / PROCESSES.sources.name
    package = sources / PROCESSES.package
    shutil.copytree(PROCESSES.sources / package.name, package, ignore=shutil.ignore_patterns("__pycache__"))
    before = REVISION.findall((package / POSTGRES / "tables.py").read_text(encoding="utf-8"))[-1]
    following = f"{int(before) + 1:04}"
    values = {"before": before, "revision": following, "column": COLUMN}
    migration = package / POSTGRES / "migrations" / "versions" / f"v{following}_next_release.py"
    migration.write_text(_filled(MIGRATION, values), encoding="utf-8")
    for name, addition in ADDITIONS.items():
        with (package / POSTGRES / name).open("a", encoding="utf-8") as module:
            module.write(_filled(addition, values))

    def wrote(row: Mapping[str, Any]) -> bool:
        return bool(row.get(COLUMN) == following)

    return NextRelease(sources, wrote)


def _filled(template: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        template = template.replace(f"<{name}>", value)
    return template


MIGRATION = '''\
"""The release that wrote a row last."""

import sqlalchemy as sa
from alembic import op

revision = "<revision>"
down_revision = "<before>"
branch_labels = None
depends_on = None

SAFE_BECAUSE = {"index memories_<column> on memories": "writes wait for one scan of the table, as in an outage"}


def upgrade() -> None:
    op.add_column("memories", sa.Column("<column>", sa.Text()))
    op.add_column("outbox", sa.Column("<column>", sa.Text(), nullable=False, server_default="<before>"))
    op.create_index("memories_<column>", "memories", ["<column>"])
    op.create_table("releases", sa.Column("revision", sa.Text(), primary_key=True))


def downgrade() -> None:
    op.drop_table("releases")
    op.drop_column("outbox", "<column>")
    op.drop_column("memories", "<column>")
'''

ADDITIONS: Mapping[str, str] = {
    "tables.py": """

REVISION = "<revision>"
for _table in (memories, outbox):
    _table.append_column(Column("<column>", Text, default=REVISION, onupdate=REVISION))
""",
    "rows.py": """

def of_tenant(tenant: str) -> ColumnElement[bool]:
    return (memories.c.tenant == tenant) & memories.c.<column>.is_distinct_from("")
""",
}
"""Appended to a module of the adapter: each INSERT and UPDATE writes the column, and each read of a tenant looks at
it."""
