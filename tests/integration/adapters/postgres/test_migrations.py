"""The migrations: upgrade, downgrade, upgrade again, and their result is the schema of the code."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from rawk import aws_lambda
from rawk.adapters.postgres import migrate
from rawk.adapters.postgres.connection_pool import make_engine
from rawk.adapters.postgres.store import PostgresMemoryStore
from rawk.adapters.postgres.tables import metadata
from rawk.adapters.postgres.transactions import transaction
from rawk.domain.errors import DatabaseUnavailable
from tests.contract.builders import NOON, an_id, new_memory
from tests.integration.adapters.postgres.waiting import until
from tests.unit.worker.sqs_events import Context

NEWEST = "0007"
TABLES = {"memories", "memory_events", "outbox", "deleted_memories", "users", "api_keys", "signing_keys", "logins"}

WAITING_UPGRADES = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

CATALOGUE = {
    "columns": """SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity
        FROM information_schema.columns WHERE table_schema = 'public'""",
    "constraints": """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
}


def asked(url: str, question: str) -> set[tuple[Any, ...]]:
    engine = make_engine(url)
    with transaction(engine) as tx:
        rows = {tuple(row) for row in tx.execute(text(question))}
    engine.dispose()
    return rows


def tables(url: str) -> set[str]:
    return {name for (name,) in asked(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


def test_upgrade_downgrade_to_base_and_upgrade_again(empty_database_url: str) -> None:
    assert migrate.current(empty_database_url) is None
    for _ in range(2):
        migrate.upgrade(empty_database_url)
        assert tables(empty_database_url) == {*TABLES, "alembic_version"}
        assert migrate.current(empty_database_url) == NEWEST

        migrate.downgrade(empty_database_url, "base")
        assert tables(empty_database_url) == {"alembic_version"}
        assert migrate.current(empty_database_url) is None


def test_an_upgrade_of_an_up_to_date_database_changes_nothing(database_url: str) -> None:
    before = asked(database_url, CATALOGUE["columns"])
    migrate.upgrade(database_url)
    assert asked(database_url, CATALOGUE["columns"]) == before


def test_alembic_finds_no_difference_to_the_tables_in_the_code(database_url: str) -> None:
    engine = make_engine(database_url)
    with transaction(engine) as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


@pytest.mark.parametrize("part", CATALOGUE)
def test_the_migrations_create_the_tables_of_the_code(database_url: str, empty_database_url: str, part: str) -> None:
    """Alembic compares neither check constraints nor partial indexes; Postgres's own catalogue has them all."""
    engine = make_engine(empty_database_url)
    metadata.create_all(engine)
    engine.dispose()
    migrated = {row for row in asked(database_url, CATALOGUE[part]) if "alembic_version" not in row}
    assert migrated == asked(empty_database_url, CATALOGUE[part])


def test_an_upgrade_waits_for_a_running_one(empty_database_url: str) -> None:
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(empty_database_url.replace("+psycopg", ""), autocommit=True) as other,
    ):
        other.execute("SELECT pg_advisory_lock(%s)", [migrate.LOCK])
        upgrading = pool.submit(migrate.upgrade, empty_database_url)
        until(lambda: upgrading.done() or other.execute(WAITING_UPGRADES).fetchone() == (1,))
        assert tables(empty_database_url) == set()
        other.execute("SELECT pg_advisory_unlock_all()")
        upgrading.result(timeout=20)
    assert migrate.current(empty_database_url) == NEWEST


def test_concurrent_upgrades_of_two_databases_are_independent(empty_database_url: str, database_url: str) -> None:
    migrate.downgrade(database_url, "base")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(migrate.upgrade, [empty_database_url, database_url]))
    assert tables(empty_database_url) == tables(database_url) == {*TABLES, "alembic_version"}


def test_an_upgrade_that_fails_leaves_nothing(empty_database_url: str) -> None:
    # The last table of the first migration exists already.
    engine = make_engine(empty_database_url)
    with transaction(engine) as tx:
        tx.execute(text("CREATE TABLE deleted_memories (memory_id int)"))
    engine.dispose()
    with pytest.raises(Exception, match="already exists"):
        migrate.upgrade(empty_database_url)
    assert tables(empty_database_url) == {"deleted_memories"}


def test_the_release_before_cannot_accept_audio_that_a_form_can_replace(database_url: str) -> None:
    """It would set the status alone, and leave the key that the newer release gave the form."""
    store = PostgresMemoryStore(make_engine(database_url))
    memory_id = an_id()
    store.begin_upload(new_memory(id=memory_id, audio_key=f"incoming/acme/{memory_id}"), NOON)
    its_own = an_id()
    store.begin_upload(new_memory(id=its_own), NOON)
    submission = "UPDATE memories SET status = 'queued' WHERE id = :id"
    engine = make_engine(database_url)

    with pytest.raises(IntegrityError, match="memories_audio_key_check"), transaction(engine) as tx:
        tx.execute(text(submission), {"id": memory_id})
    with transaction(engine) as tx:
        tx.execute(text(submission), {"id": its_own})

    refused, accepted = store.find(memory_id), store.find(its_own)
    assert refused is not None
    assert accepted is not None
    assert (refused.status, accepted.status) == ("uploading", "queued")
    engine.dispose()
    store.close()


def test_a_downgrade_leaves_no_upload_that_the_release_before_would_accept_where_a_form_writes(
    database_url: str,
) -> None:
    """It was not accepted yet. If it were, below `incoming/`, its audio would expire and no upgrade would succeed."""
    store = PostgresMemoryStore(make_engine(database_url))
    memory_id, its_own, audio = an_id(), an_id(), an_id()
    store.begin_upload(new_memory(id=memory_id, audio_key=f"incoming/acme/{memory_id}"), NOON)
    store.begin_upload(new_memory(id=its_own), NOON)
    store.accept(new_memory(id=audio), NOON, NOON)

    migrate.downgrade(database_url, "0003")
    engine = make_engine(database_url)
    with transaction(engine) as tx:
        tx.execute(text("UPDATE memories SET status = 'queued'"))
    migrate.upgrade(database_url)

    found = {memory.id: memory.status for memory in store.page("acme", None, None, 10)}
    assert found == {its_own: "queued", audio: "queued"}
    engine.dispose()
    store.close()


def test_the_migrations_have_one_head(database_url: str) -> None:
    engine = make_engine(database_url)
    with transaction(engine) as tx:
        assert len(ScriptDirectory.from_config(migrate.config(tx)).get_heads()) == 1
    engine.dispose()


def test_a_database_that_is_down_is_unavailable() -> None:
    with pytest.raises(DatabaseUnavailable):
        migrate.upgrade("postgresql://nobody@127.0.0.1:9/none")


def test_the_relay_function_migrates_the_database_it_is_at(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_database_url)

    first = aws_lambda.relay_handler({"migrate": "head"}, Context())
    again = aws_lambda.relay_handler({"migrate": "head"}, Context())

    newest = first["revision"]
    assert first == {"before": None, "revision": newest}
    assert again == {"before": newest, "revision": newest}
    assert migrate.current(empty_database_url) == newest is not None
    assert tables(empty_database_url) >= TABLES
