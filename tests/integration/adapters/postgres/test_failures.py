"""A database that is down, unreachable, demoted or busy is DatabaseUnavailable within seconds; bugs of ours are not."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import DataError, ProgrammingError

from rawk.adapters.postgres.connection_pool import make_engine
from rawk.adapters.postgres.store import PostgresMemoryStore
from rawk.adapters.postgres.transactions import transaction
from rawk.domain.errors import DatabaseUnavailable
from rawk.ports import ClaimRequest
from tests.contract.builders import accepted, at
from tests.integration.adapters.postgres.blackhole import relay_to
from tests.integration.adapters.postgres.waiting import until


def cut_others(url: str) -> None:
    """Terminate the connections, as an administrator or a failover does."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_an_unreachable_server_is_unavailable() -> None:
    engine = make_engine("postgresql://nobody@127.0.0.1:9/none", connect_timeout_seconds=2)
    with pytest.raises(DatabaseUnavailable, match="refused"):
        PostgresMemoryStore(engine).check()


def test_a_missing_database_is_unavailable(database_url: str) -> None:
    engine = make_engine(make_url(database_url).set(database="none").render_as_string(hide_password=False))
    with pytest.raises(DatabaseUnavailable):
        PostgresMemoryStore(engine).check()
    engine.dispose()


def test_an_idle_connection_that_was_cut_is_replaced(store: PostgresMemoryStore, database_url: str) -> None:
    memory_id = accepted(store)
    cut_others(database_url)
    assert store.find(memory_id) is not None


def test_a_connection_cut_in_mid_transaction_is_unavailable_and_then_replaced(
    engine: Engine, database_url: str
) -> None:
    store = PostgresMemoryStore(engine)
    memory_id = accepted(store)

    with pytest.raises(DatabaseUnavailable), transaction(engine) as tx:  # noqa: PT012
        tx.execute(text("UPDATE memories SET title = 'half'"))
        cut_others(database_url)
        tx.execute(text("SELECT 1"))

    memory = store.find(memory_id)
    assert memory is not None
    assert memory.title is None


def test_a_commit_whose_connection_is_cut_is_unavailable(engine: Engine, database_url: str) -> None:
    with pytest.raises(DatabaseUnavailable), transaction(engine) as tx:  # noqa: PT012
        tx.execute(text("SELECT 1"))
        cut_others(database_url)


def test_a_query_without_an_answer_times_out(database_url: str) -> None:
    url = make_url(database_url)
    assert url.host
    assert url.port
    with ThreadPoolExecutor(1) as pool, relay_to(url.host, url.port) as relay:
        engine = make_engine(
            url.set(port=relay.port).render_as_string(hide_password=False),
            connect_timeout_seconds=2,
            statement_timeout_seconds=0.2,
        )
        store = PostgresMemoryStore(engine)
        store.check()

        relay.dropping.set()
        with pytest.raises(DatabaseUnavailable):
            pool.submit(store.check).result(timeout=20)

        relay.dropping.clear()
        store.check()
        engine.dispose()


def test_a_slow_statement_is_ended_by_the_server(engine: Engine) -> None:
    with pytest.raises(DatabaseUnavailable, match="statement timeout"), transaction(engine) as tx:
        tx.execute(text("SELECT pg_sleep(30)"))


def test_a_pool_without_a_free_connection_is_unavailable(database_url: str) -> None:
    engine = make_engine(database_url, pool_size=1, connect_timeout_seconds=0.2)
    with transaction(engine), pytest.raises(DatabaseUnavailable, match="became free"), transaction(engine):
        pass
    engine.dispose()


def test_a_deadlock_is_unavailable_for_one_of_the_two(engine: Engine) -> None:
    store = PostgresMemoryStore(engine)
    ids = [accepted(store), accepted(store)]
    both_hold_one = Barrier(2, timeout=10)

    def lock(order: list[str]) -> bool:
        try:
            with transaction(engine) as tx:
                tx.execute(text("SET LOCAL deadlock_timeout = '50ms'"))
                tx.execute(text("SELECT 1 FROM memories WHERE id = :id FOR UPDATE"), {"id": order[0]})
                both_hold_one.wait()
                tx.execute(text("SELECT 1 FROM memories WHERE id = :id FOR UPDATE"), {"id": order[1]})
        except DatabaseUnavailable:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(lock, [ids, ids[::-1]])) == [False, True]


def test_a_serialization_failure_is_unavailable(engine: Engine) -> None:
    store = PostgresMemoryStore(engine)
    memory_id = accepted(store)
    with pytest.raises(DatabaseUnavailable, match="serialize"), transaction(engine) as tx:  # noqa: PT012
        tx.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        tx.execute(text("SELECT 1 FROM memories"))
        store.claim(ClaimRequest(memory_id, "m1", "t1", at(11)), at(1))
        tx.execute(text("UPDATE memories SET title = 'x'"))


def test_after_a_failover_the_connection_to_the_old_writer_is_replaced(engine: Engine, database_url: str) -> None:
    store = PostgresMemoryStore(engine)
    memory_id = accepted(store)
    _set_read_only(database_url, "on")
    cut_others(database_url)  # all connections are to the replica now
    with pytest.raises(DatabaseUnavailable, match="read-only"):
        store.delete("acme", memory_id, at(1))
    _set_read_only(database_url, "off")
    assert store.delete("acme", memory_id, at(1)) is not None  # over a new connection, to the writer


def test_the_server_ends_an_idle_transaction(database_url: str) -> None:
    engine = make_engine(database_url, statement_timeout_seconds=0.1)
    with pytest.raises(DatabaseUnavailable), transaction(engine) as tx:  # noqa: PT012
        [pid] = tx.execute(text("SELECT pg_backend_pid()")).one()
        with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as watcher:
            until(lambda: not watcher.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone())
        tx.execute(text("SELECT 1"))
    engine.dispose()


def test_a_bug_of_ours_is_raised_unchanged(engine: Engine) -> None:
    with pytest.raises(ProgrammingError), transaction(engine) as tx:
        tx.execute(text("SELECT nothing FROM nowhere"))
    with pytest.raises(DataError), transaction(engine) as tx:
        tx.execute(text("SELECT 1/0"))


def test_no_content_is_in_an_error(engine: Engine) -> None:
    with pytest.raises(ProgrammingError) as raised, transaction(engine) as tx:
        tx.execute(text("INSERT INTO nowhere VALUES (:transcript)"), {"transcript": "my secret soup"})
    assert "my secret soup" not in str(raised.value)


def test_the_session_uses_utc_and_an_idle_transaction_timeout(engine: Engine) -> None:
    with transaction(engine) as tx:
        settings = {
            name: tx.execute(text(f"SHOW {name}")).scalar_one()
            for name in ("timezone", "statement_timeout", "idle_in_transaction_session_timeout", "application_name")
        }
    assert settings == {
        "timezone": "UTC",
        "statement_timeout": "2s",
        "idle_in_transaction_session_timeout": "2s",
        "application_name": "rawk",
    }


def _set_read_only(url: str, switch: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f'ALTER DATABASE "{make_url(url).database}" SET default_transaction_read_only = {switch}')
