"""A database that answers nothing is asked once in a while, and not by every request."""

from collections.abc import Iterator
from time import monotonic

import pytest
from sqlalchemy import make_url, text

from rawk.adapters.postgres import fail_fast
from rawk.adapters.postgres.connection_pool import make_engine
from rawk.adapters.postgres.store import PostgresMemoryStore
from rawk.adapters.postgres.transactions import transaction
from rawk.domain.errors import DatabaseUnavailable
from tests.integration.adapters.postgres.blackhole import Relay, relay_to

PAUSE_SECONDS = 1_000.0


@pytest.fixture
def relay(database_url: str) -> Iterator[Relay]:
    url = make_url(database_url)
    with relay_to(url.host or "", url.port or 0) as relay:
        yield relay


@pytest.fixture
def store(database_url: str, relay: Relay) -> Iterator[PostgresMemoryStore]:
    url = make_url(database_url).set(host="127.0.0.1", port=relay.port).render_as_string(hide_password=False)
    engine = make_engine(
        url, pool_size=3, connect_timeout_seconds=1, statement_timeout_seconds=0.1, pause_seconds=PAUSE_SECONDS
    )
    store = PostgresMemoryStore(engine)
    store.check()
    yield store
    store.close()


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time of the pauses alone."""
    now = [monotonic()]
    monkeypatch.setattr(fail_fast, "monotonic", lambda: now[0])
    return now


def opened(relay: Relay) -> int:
    """Connections that reached the network so far."""
    return len(relay._sockets) // 2


def test_after_one_silence_nothing_is_asked_until_the_pause_is_over(
    store: PostgresMemoryStore, relay: Relay, now: list[float]
) -> None:
    relay.dropping.set()
    with pytest.raises(DatabaseUnavailable):
        store.check()

    asked = opened(relay)
    for _ in range(100):
        with pytest.raises(DatabaseUnavailable, match="did not answer a moment ago"):
            store.page("acme", None, None, 10)
    assert opened(relay) == asked

    now[0] += PAUSE_SECONDS
    with pytest.raises(DatabaseUnavailable):
        store.check()  # still silent: this one has waited, and the next ones do not
    with pytest.raises(DatabaseUnavailable, match="did not answer a moment ago"):
        store.check()

    now[0] += PAUSE_SECONDS
    relay.dropping.clear()
    assert store.page("acme", None, None, 10) == []
    store.check()


@pytest.mark.parametrize(
    "statement", ["SELECT pg_sleep(5)", "SELECT nothing", "SELECT 1/0", "SELECT pg_terminate_backend(pg_backend_pid())"]
)
def test_an_error_is_an_answer(database_url: str, statement: str) -> None:
    """A statement that the server cancels, one that is wrong, and a connection that it ends."""
    engine = make_engine(database_url, statement_timeout_seconds=0.1, pause_seconds=PAUSE_SECONDS)
    store = PostgresMemoryStore(engine)
    with pytest.raises(Exception), transaction(engine) as tx:  # noqa: B017
        tx.execute(text(statement))
    store.check()
    store.close()


def test_one_transaction_finds_out_while_the_others_fail(now: list[float]) -> None:
    guard = fail_fast.FailFast(5, 0)
    guard.silent(now[0])
    now[0] += 5
    with guard.transaction(), pytest.raises(DatabaseUnavailable), guard.transaction():
        pass
    with guard.transaction(), guard.transaction():
        pass


def test_a_database_that_answered_another_transaction_meanwhile_is_busy_and_not_silent(now: list[float]) -> None:
    guard = fail_fast.FailFast(5, 0)
    began = now[0]
    now[0] += 1
    with guard.transaction():
        pass
    now[0] += 1
    guard.silent(began)
    with guard.transaction():
        pass

    guard.silent(now[0] + 1)
    with pytest.raises(DatabaseUnavailable), guard.transaction():
        pass


def test_without_a_pause_every_transaction_asks(database_url: str) -> None:
    """Worker and relay have one connection each, and their queue waits for them."""
    assert fail_fast.fail_fast_of(make_engine(database_url)) is None
