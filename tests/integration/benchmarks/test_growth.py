"""A list of memories with long transcripts reads no transcript: Postgres keeps them apart and counts its reads."""

from collections.abc import Iterator

import psycopg
import pytest

from benchmarks.growth import LONG, TENANT, database
from rawk.adapters.postgres.connection_pool import make_engine
from rawk.adapters.postgres.store import PostgresMemoryStore
from sim.clock.clocks import RealClock
from sim.clock.durations import seconds
from sim.postgres.embedded_server import Postgres

APART = "SELECT coalesce(toast_blks_read + toast_blks_hit, 0) FROM pg_statio_user_tables WHERE relname = 'memories'"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("growth")
    with Postgres(folder / "postgres", folder / "postgres.log") as postgres, database(postgres, LONG) as url:
        yield url


def test_a_list_reads_no_transcript(url):
    def act(store: PostgresMemoryStore) -> None:
        assert len(store.page(TENANT, None, None, LONG)) == LONG

    assert _blocks_apart(url, act) == 0


def test_the_summary_of_a_memory_reads_no_transcript(url):
    def act(store: PostgresMemoryStore) -> None:
        (first, *_) = store.page(TENANT, None, None, LONG)
        assert store.summary(TENANT, first.id) is not None

    assert _blocks_apart(url, act) == 0


def test_reading_a_transcript_is_counted(url):
    def act(store: PostgresMemoryStore) -> None:
        (first, *_) = store.page(TENANT, None, None, LONG)
        memory = store.get(TENANT, first.id)
        assert memory is not None
        assert len(memory.transcript or "") >= 1_000_000 - 32

    assert _blocks_apart(url, act) > 100


def _blocks_apart(url: str, act) -> int:
    """How many blocks of values that are kept apart the store reads meanwhile. A session counts at its end."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        before = _settled(connection)
        store = PostgresMemoryStore(make_engine(url))
        act(store)
        store.engine.dispose()
        return _settled(connection) - before


def _settled(connection: psycopg.Connection) -> int:
    """The count once every other session on the database has ended, and so has counted."""
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    alone = RealClock().wait_until(
        lambda: connection.execute(f"{others} AND backend_type = 'client backend'").fetchone() == (0,), seconds(20)
    )
    assert alone
    connection.execute("SELECT pg_stat_clear_snapshot()")
    return int(connection.execute(APART).fetchone()[0])
