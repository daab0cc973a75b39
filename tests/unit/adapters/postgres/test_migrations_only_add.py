"""No migration disturbs the release before, which runs until the new one is deployed, and again after a rollback."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from alembic import op

from tests.unit.adapters.postgres.migration_rules import (
    a_migration,
    beyond_adding,
    contracted,
    findings,
    migrations,
    reasons,
    statements,
)

type Upgrade = Callable[[], None]


def a_table_of_its_own() -> None:
    op.create_table("notes", sa.Column("id", sa.Uuid(), nullable=False), sa.Column("text", sa.Text()))
    op.create_unique_constraint("notes_text_key", "notes", ["text"])
    op.create_index("notes_text", "notes", ["text"], unique=True)
    op.alter_column("notes", "text", nullable=False)
    op.execute("INSERT INTO notes (id, text) VALUES (gen_random_uuid(), 'a note')")


ADDS: dict[str, Upgrade] = {
    "a table": lambda: op.create_table("notes", sa.Column("id", sa.Uuid(), primary_key=True)),
    "an optional column": lambda: op.add_column("memories", sa.Column("colour", sa.Text())),
    "a column with a default": lambda: op.add_column(
        "memories", sa.Column("colour", sa.Text(), nullable=False, server_default="red")
    ),
    "a column with a default that holds for all rows": lambda: op.add_column(
        "memories", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())
    ),
    "a column with commas in its default": lambda: op.execute(
        "ALTER TABLE memories ADD COLUMN price NUMERIC(10, 2) DEFAULT (greatest(1, (2), 3)) NOT NULL"
    ),
    "a default": lambda: op.alter_column("memories", "title", server_default="untitled"),
    "a comment": lambda: op.create_table_comment("memories", "one for each recording"),
    "whatever it likes in a table of its own": a_table_of_its_own,
}

BEYOND: dict[str, tuple[Upgrade, str]] = {
    "drops a column": (lambda: op.drop_column("memories", "title"), "drop column memories.title"),
    "drops a column by SQL": (
        lambda: op.execute("ALTER TABLE memories DROP COLUMN IF EXISTS title"),
        "drop column memories.title",
    ),
    "drops a table": (lambda: op.drop_table("logins"), "drop table logins"),
    "drops an index": (lambda: op.drop_index("memories_newest", "memories"), "drop index memories_newest"),
    "drops a constraint": (
        lambda: op.drop_constraint("memories_lease_check", "memories"),
        "drop constraint memories_lease_check on memories",
    ),
    "drops a default": (
        lambda: op.alter_column("memories", "attempts", server_default=None),
        "alter column memories.attempts: DROP DEFAULT",
    ),
    "renames a column": (
        lambda: op.alter_column("memories", "title", new_column_name="headline"),
        "unknown: ALTER TABLE memories RENAME title TO headline",
    ),
    "renames a table": (lambda: op.rename_table("outbox", "jobs"), "unknown: ALTER TABLE outbox RENAME TO jobs"),
    "changes a type": (
        lambda: op.alter_column("memories", "audio_bytes", type_=sa.Integer()),
        "alter column memories.audio_bytes: TYPE INTEGER",
    ),
    "requires a column": (
        lambda: op.alter_column("memories", "title", nullable=False),
        "alter column memories.title: SET NOT NULL",
    ),
    "allows what the release before may not expect": (
        lambda: op.alter_column("memories", "content_digest", nullable=True),
        "alter column memories.content_digest: DROP NOT NULL",
    ),
    "adds a required column": (
        lambda: op.add_column("memories", sa.Column("colour", sa.Text(), nullable=False)),
        "required column memories.colour",
    ),
    "adds an identity": (
        lambda: op.add_column("memories", sa.Column("number", sa.BigInteger(), sa.Identity(always=True))),
        "rewrite of memories for number",
    ),
    "adds a default for each row": (
        lambda: op.add_column("memories", sa.Column("share_id", sa.Uuid(), server_default=sa.func.gen_random_uuid())),
        "rewrite of memories for share_id",
    ),
    "adds a computed column": (
        lambda: op.add_column("memories", sa.Column("words", sa.Integer(), sa.Computed("length(transcript)"))),
        "rewrite of memories for words",
    ),
    "adds a serial number": (
        lambda: op.execute("ALTER TABLE memories ADD COLUMN number SERIAL"),
        "rewrite of memories for number",
    ),
    "adds a unique column": (
        lambda: op.execute("ALTER TABLE memories ADD COLUMN slug TEXT UNIQUE"),
        "constraint of memories.slug",
    ),
    "adds a unique constraint": (
        lambda: op.create_unique_constraint("memories_title_key", "memories", ["title"]),
        "add constraint memories_title_key on memories",
    ),
    "adds a check": (
        lambda: op.create_check_constraint("memories_size_check", "memories", "audio_bytes > 0"),
        "add constraint memories_size_check on memories",
    ),
    "adds a reference": (
        lambda: op.create_foreign_key("memories_owner_fkey", "memories", "users", ["owner"], ["name"]),
        "add constraint memories_owner_fkey on memories",
    ),
    "adds an index, which holds up writes": (
        lambda: op.create_index("memories_title", "memories", ["title"]),
        "index memories_title on memories",
    ),
    "adds a unique index": (
        lambda: op.create_index("memories_title", "memories", ["title"], unique=True),
        "unique index memories_title on memories",
    ),
    "changes rows": (lambda: op.execute("UPDATE memories SET title = 'untitled'"), "rows of memories"),
    "removes rows": (lambda: op.execute("DELETE FROM memories"), "rows of memories"),
    "empties a table": (lambda: op.execute("TRUNCATE outbox"), "rows of outbox"),
    "locks a table": (lambda: op.execute("LOCK TABLE memories"), "unknown: LOCK TABLE memories"),
    "does what no rule knows": (lambda: op.execute("VACUUM FULL memories"), "unknown: VACUUM FULL memories"),
    "adds a required column with no value": (
        lambda: op.execute("ALTER TABLE memories ADD COLUMN IF NOT EXISTS colour TEXT DEFAULT NULL NOT NULL"),
        "required column memories.colour",
    ),
    "hides a drop behind an addition": (
        lambda: op.execute("ALTER TABLE memories ADD COLUMN a TEXT; DROP TABLE logins"),
        "unknown: ALTER TABLE memories ADD COLUMN a TEXT; DROP TABLE logins",
    ),
    "hides it behind a literal": (
        lambda: op.execute("ALTER TABLE memories ADD COLUMN a TEXT DEFAULT '--;('; DROP TABLE logins"),
        "unknown: ALTER TABLE memories ADD COLUMN a TEXT DEFAULT '--;('; DROP TABLE logins",
    ),
    "drops two tables": (lambda: op.execute("DROP TABLE logins, users"), "unknown: DROP TABLE logins, users"),
    "runs a program": (
        lambda: op.execute("DO $$ BEGIN DELETE FROM memories; END $$"),
        "unknown: DO $$ BEGIN DELETE FROM memories; END $$",
    ),
    "changes rows in a query": (
        lambda: op.execute("WITH gone AS (DELETE FROM outbox RETURNING 1) SELECT 1"),
        "unknown: WITH gone AS (DELETE FROM outbox RETURNING 1) SELECT 1",
    ),
    "names its table in another way": (
        lambda: op.execute("ALTER TABLE ONLY memories DROP COLUMN title"),
        "unknown: ALTER TABLE ONLY memories DROP COLUMN title",
    ),
    "does two things at once": (
        lambda: op.execute("ALTER TABLE memories ADD COLUMN a TEXT, DROP COLUMN title"),
        "unknown: ALTER TABLE memories ADD COLUMN a TEXT, DROP COLUMN title",
    ),
}


@pytest.mark.parametrize("revision", migrations())
def test_a_migration_only_adds_or_says_why_it_is_safe(revision: str) -> None:
    assert findings(migrations()[revision]) == []


@pytest.mark.parametrize("what", ADDS)
def test_what_only_adds_is_allowed(what: str) -> None:
    assert statements(ADDS[what])
    assert findings(a_migration("0009", ADDS[what], {})) == []


@pytest.mark.parametrize("what", BEYOND)
def test_what_the_release_before_may_notice_is_refused(what: str) -> None:
    upgrade, name = BEYOND[what]
    assert findings(a_migration("0009", upgrade, {})) == [name]


@pytest.mark.parametrize("what", [what for what, (_, name) in BEYOND.items() if not name.startswith("drop ")])
def test_a_reason_allows_it(what: str) -> None:
    upgrade, name = BEYOND[what]
    assert findings(a_migration("0009", upgrade, {name: "nobody has rows there"})) == []
    assert findings(a_migration("0009", upgrade, {name: " "})) == [name]


@pytest.mark.parametrize("what", ["drops a column", "drops a column by SQL", "drops a table"])
@pytest.mark.parametrize(
    ("reason", "allowed"),
    [
        ("unused since 0008", True),
        ("unused since 0001: it was never shown", True),
        ("unused since 0009", False),  # the same release: the one before still uses it
        ("unused since 0010", False),
        ("nobody uses it", False),
        ("", False),
    ],
)
def test_a_drop_names_an_earlier_release_that_no_longer_used_it(what: str, reason: str, *, allowed: bool) -> None:
    upgrade, name = BEYOND[what]
    assert findings(a_migration("0009", upgrade, {name: reason})) == ([] if allowed else [name])


def test_a_reason_for_what_a_migration_does_not_do_is_found() -> None:
    upgrade = ADDS["an optional column"]
    given = {"drop table logins": "unused since 0001"}
    assert findings(a_migration("0009", upgrade, given)) == ["a reason for nothing: drop table logins"]


def test_a_table_of_the_migration_before_is_in_use() -> None:
    assert list(beyond_adding(lambda: op.create_index("notes_text", "notes", ["text"]))) == [
        "index notes_text on notes"
    ]


def test_no_migration_has_removed_anything_yet() -> None:
    """The first one that does gets its reason checked above, and is left out of what the release before must find."""
    assert [revision for revision in migrations() if contracted(revision)] == []
    assert any(reasons(module) for module in migrations().values())
