"""Every migration step, down and up again, with rows in the tables; and the release before on each new schema."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from rawk.adapters.postgres import migrate
from rawk.adapters.postgres.callers import PostgresCallerStore
from rawk.adapters.postgres.connection_pool import make_engine
from rawk.adapters.postgres.store import PostgresMemoryStore
from rawk.adapters.postgres.transactions import transaction
from rawk.domain.callers import ApiKey, SigningKey, User
from rawk.domain.errors import DatabaseUnavailable
from tests.contract.builders import NOON, accepted, at, completed, new_memory, transcribed, waiting_for_analysis
from tests.unit.adapters.postgres.migration_rules import contracted

TABLES = ("memories", "memory_events", "outbox", "deleted_memories")
OF_CALLERS = ("users", "api_keys", "signing_keys", "logins")
"""Since 0006. On the way down they go with all that is in them: the release before knows no such callers."""
COLUMNS = """SELECT table_name, column_name, is_nullable, column_default, is_identity, data_type
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'"""


def revisions() -> list[str]:
    """Oldest first, read from the folder: a new one is tested without an entry here."""
    with_any_connection: Any = None
    scripts = ScriptDirectory.from_config(migrate.config(with_any_connection))
    return [script.revision for script in reversed([*scripts.walk_revisions()])]


STEPS = list(zip(["base", *revisions()], revisions(), strict=False))
KEPT_FROM_THE_FIRST_ON = STEPS[1:]


def rows(tx: Connection, table: str) -> list[dict[str, Any]]:
    return [dict(row) for row in tx.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2")).mappings()]


def columns(url: str) -> dict[tuple[str, str], dict[str, Any]]:
    engine = make_engine(url)
    with transaction(engine) as tx:
        found = {(row["table_name"], row["column_name"]): dict(row) for row in tx.execute(text(COLUMNS)).mappings()}
    engine.dispose()
    return found


def everything(url: str) -> dict[str, list[dict[str, Any]]]:
    engine = make_engine(url)
    with transaction(engine) as tx:
        there = set(tx.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars())
        found = {table: rows(tx, table) for table in (*TABLES, *OF_CALLERS) if table in there or table in TABLES}
    engine.dispose()
    return found


@pytest.fixture
def url(database_url: str) -> str:
    """At the newest revision, with memories in every state, outbox rows, histories, tombstones and callers."""
    engine = make_engine(database_url)
    store = PostgresMemoryStore(engine)
    accepted(store, idempotency_key="k1", title="née\u2028title", recorded_at=NOON)
    store.begin_upload(new_memory(), NOON)
    transcribed(store, accepted(store))
    waiting_for_analysis(store)
    completed(store, audio_sha256="a digest")
    abandoned = accepted(store)
    store.fail_abandoned(at(-100), at(1), at(5))
    assert store.find(abandoned) is not None
    for key in ("k2", None):
        store.delete("acme", accepted(store, idempotency_key=key), at(4))
    callers = PostgresCallerStore(engine)
    callers.add_user(User("ada", ("acme",), "a hash", NOON))
    callers.add_key(ApiKey("k1", "a digest", ("acme", "globex"), NOON))
    callers.add_signing_key(SigningKey("s1", b"secret", NOON))
    callers.count_login("a subject", NOON, NOON)
    engine.dispose()
    return database_url


def shared(before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """Each row whose columns, of those that both have, are not what they were."""
    for table, old in before.items():
        if table in OF_CALLERS and table not in after:
            continue
        new = after[table]
        if len(old) != len(new):
            yield f"{table}: {len(old)} rows became {len(new)}"
            continue
        for was, is_now in zip(old, new, strict=True):
            for name in was.keys() & is_now.keys():
                if was[name] != is_now[name] and (table, name) not in ALTERED_ON_THE_WAY_DOWN:
                    yield f"{table}.{name}: {was[name]!r} became {is_now[name]!r}"


ALTERED_ON_THE_WAY_DOWN = {("deleted_memories", "content_digest")}
"""Required before 0005, which stops writing it: on the way down it is empty, not absent."""


@pytest.mark.parametrize("step", KEPT_FROM_THE_FIRST_ON[::-1], ids=lambda step: step[1])
def test_a_step_down_and_up_again_keeps_every_row(step: tuple[str, str], url: str) -> None:
    older, newer = step
    migrate.downgrade(url, newer)
    before = everything(url)
    schema = columns(url)

    migrate.downgrade(url, older)
    down = everything(url)
    migrate.upgrade(url, newer)
    up = everything(url)

    assert all(before.values()), "a table without a row tests nothing"
    assert list(shared(before, down)) == []
    assert list(shared(down, up)) == []
    assert columns(url) == schema
    assert migrate.current(url) == newer


def test_all_the_way_down_and_up_with_rows_in_it(url: str) -> None:
    migrate.downgrade(url, revisions()[0])
    migrate.upgrade(url)
    assert migrate.current(url) == revisions()[-1]
    engine = make_engine(url)
    store = PostgresMemoryStore(engine)
    assert len(store.page("acme", None, None, 100)) == 6
    assert accepted(store)
    assert store.claim_outbox(NOON + timedelta(days=1), NOON + timedelta(days=2), 100)
    engine.dispose()
    migrate.downgrade(url, "base")
    assert columns(url) == {}


@pytest.mark.parametrize("step", KEPT_FROM_THE_FIRST_ON, ids=lambda step: step[1])
def test_the_release_before_can_live_with_the_new_schema(step: tuple[str, str], url: str) -> None:
    """It reads all columns that it knows, and writes rows without those that it does not know."""
    older, newer = step
    migrate.downgrade(url, older)
    unused = contracted(newer)
    known = {name: column for name, column in columns(url).items() if name not in unused}
    before = everything(url)
    migrate.upgrade(url, newer)
    new_schema = columns(url)

    assert not known.keys() - new_schema.keys(), "a column that the release before reads is gone"
    assert not required(new_schema, known), "a column that the release before does not write has no default"
    assert not narrowed(known, new_schema), "a column has another type, or is required where it was not"
    for table in TABLES:
        write_again(url, table, before[table], known)


def required(schema: dict[tuple[str, str], dict[str, Any]], known: dict[tuple[str, str], Any]) -> list[tuple[str, str]]:
    """Columns of tables that the release before knows; it writes to no others."""
    known_tables = {table for table, _ in known}
    return [
        name
        for name, column in schema.items()
        if name not in known
        and name[0] in known_tables
        and column["is_nullable"] == "NO"
        and column["column_default"] is None
        and column["is_identity"] == "NO"
    ]


def narrowed(
    known: dict[tuple[str, str], dict[str, Any]], schema: dict[tuple[str, str], dict[str, Any]]
) -> list[tuple[str, str]]:
    return [
        name
        for name, column in known.items()
        if name in schema
        and (
            column["data_type"] != schema[name]["data_type"]
            or (column["is_nullable"] == "YES" and schema[name]["is_nullable"] == "NO")
        )
    ]


def write_again(url: str, table: str, some: list[dict[str, Any]], known: dict[tuple[str, str], Any]) -> None:
    """Insert what the release before had written, by the columns that it knows; nothing is left of it."""
    engine = make_engine(url)
    names = [name for owner, name in known if owner == table]
    listed = ", ".join(f'"{name}"' for name in names)
    with transaction(engine) as tx:
        tx.execute(text("CREATE TEMPORARY TABLE written ON COMMIT DROP AS SELECT * FROM " + table))
        tx.execute(text(f"TRUNCATE {table} CASCADE"))
        if table not in ("memories", "deleted_memories"):
            tx.execute(text("SET LOCAL session_replication_role = replica"))  # the memories are gone as well
        tx.execute(text(f"INSERT INTO {table} ({listed}) OVERRIDING SYSTEM VALUE SELECT {listed} FROM written"))
        assert len(rows(tx, table)) == len(some) > 0
        tx.rollback()
    engine.dispose()


def test_this_release_waits_for_the_tables_of_callers(url: str) -> None:
    """A deployment may start it before the database is migrated."""
    migrate.downgrade(url, "0005")
    engine = make_engine(url)
    callers = PostgresCallerStore(engine)

    for call in (
        lambda: callers.user("ada"),
        lambda: callers.key_of("x"),
        lambda: callers.count_login("a", NOON, NOON),
    ):
        with pytest.raises(DatabaseUnavailable, match="schema"):
            call()
    engine.dispose()
