"""Orders that the store promises hold whatever plan Postgres chooses: without its indexes it reads rows as they lie."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url

from rawk.adapters.postgres.connection_pool import make_engine
from rawk.adapters.postgres.store import PostgresMemoryStore
from rawk.domain.memory import Status
from rawk.ports import Cursor
from tests.contract.builders import accepted, an_id, completed


@pytest.fixture
def other_client(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection


@pytest.fixture
def store(database_url: str, other_client: psycopg.Connection) -> Iterator[PostgresMemoryStore]:
    """A store for which Postgres uses no index."""
    for setting in ("enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan"):
        other_client.execute(f'ALTER DATABASE "{make_url(database_url).database}" SET {setting} = off')
    store = PostgresMemoryStore(make_engine(database_url))
    yield store
    store.close()


def pages(store: PostgresMemoryStore, status: Status | None) -> list[str]:
    seen: list[str] = []
    cursor = None
    while page := store.page("acme", status, cursor, 2):
        seen += [memory.id for memory in page]
        cursor = Cursor(page[-1].created_at, page[-1].id)
    return seen


@pytest.mark.parametrize("status", [None, Status.QUEUED])
def test_memories_of_the_same_moment_are_paged_by_their_ids(store: PostgresMemoryStore, status: Status | None) -> None:
    ids = sorted(an_id() for _ in range(5))
    for memory_id in ids:
        accepted(store, id=memory_id)

    assert pages(store, status) == ids[::-1]


def test_a_history_is_in_the_order_of_its_numbers(store: PostgresMemoryStore, other_client: psycopg.Connection) -> None:
    memory_id = completed(store)
    other_client.execute("UPDATE memory_events SET at = at WHERE number = 1")  # it lies behind the others now

    assert [change.number for change in store.history(memory_id)] == [1, 2, 3, 4]
