"""Tombstones of two releases: this one keeps a digest of the idempotency key, the one before kept the key itself."""

import pytest
from sqlalchemy import text

from rawk.adapters.postgres import migrate
from rawk.adapters.postgres.connection_pool import make_engine
from rawk.adapters.postgres.store import PostgresMemoryStore
from rawk.adapters.postgres.transactions import transaction
from rawk.adapters.postgres.values import key_digest
from rawk.domain.errors import MemoryDeleted
from tests.contract.builders import accepted, an_id, at, new_memory

KEY = "Anna's diary, 7 März\n🎙"
BEFORE = (
    "INSERT INTO deleted_memories (memory_id, tenant, idempotency_key, content_digest, deleted_at)"
    " VALUES (:id, 'acme', :key, 'd1', now())"
)
"""As the release before this one writes a tombstone."""


def execute(url: str, statement: str, **values: str | None) -> list[tuple[object, ...]]:
    engine = make_engine(url)
    with transaction(engine) as tx:
        result = tx.execute(text(statement), values)
        rows = [tuple(row) for row in result] if result.returns_rows else []
    engine.dispose()
    return rows


def accept_again(url: str) -> None:
    engine = make_engine(url)
    try:
        PostgresMemoryStore(engine).accept(new_memory(idempotency_key=KEY), at(1), at(1))
    finally:
        engine.dispose()


def test_a_tombstone_of_the_release_before_is_refused_after_the_migration(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url, "0004")
    execute(empty_database_url, BEFORE, id=an_id(), key=KEY)
    execute(empty_database_url, BEFORE, id=an_id(), key=None)

    migrate.upgrade(empty_database_url)

    digests = execute(empty_database_url, "SELECT key_digest FROM deleted_memories ORDER BY key_digest NULLS LAST")
    assert digests == [(key_digest("acme", KEY),), (None,)]
    with pytest.raises(MemoryDeleted):
        accept_again(empty_database_url)


def test_a_tombstone_that_the_release_before_writes_after_the_migration_is_refused(database_url: str) -> None:
    execute(database_url, BEFORE, id=an_id(), key=KEY)
    with pytest.raises(MemoryDeleted):
        accept_again(database_url)


def test_a_tombstone_has_neither_the_key_nor_a_digest_of_the_recording(database_url: str) -> None:
    engine = make_engine(database_url)
    store = PostgresMemoryStore(engine)
    store.delete("acme", accepted(store, idempotency_key=KEY, title="Diary"), at(1))
    engine.dispose()

    columns = execute(database_url, "SELECT idempotency_key, content_digest, key_digest FROM deleted_memories")
    assert columns == [(None, None, key_digest("acme", KEY))]


def test_the_migration_goes_down_and_up_again_with_tombstones(database_url: str) -> None:
    engine = make_engine(database_url)
    store = PostgresMemoryStore(engine)
    store.delete("acme", accepted(store, idempotency_key=KEY), at(1))
    engine.dispose()
    execute(database_url, BEFORE, id=an_id(), key="another key")

    migrate.downgrade(database_url, "0004")
    migrate.upgrade(database_url)

    assert execute(database_url, "SELECT count(*) FROM deleted_memories") == [(2,)]
    keys = execute(database_url, "SELECT key_digest FROM deleted_memories WHERE key_digest IS NOT NULL")
    assert keys == [(key_digest("acme", "another key"),)]
