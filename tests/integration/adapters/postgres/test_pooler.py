"""Behind a pooler: every transaction has our settings, and nothing of ours reaches other clients."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, text

from rawk.adapters.postgres import migrate
from rawk.adapters.postgres.connection_pool import make_engine
from rawk.adapters.postgres.transactions import transaction
from rawk.domain.errors import DatabaseUnavailable
from tests.contract.processes.pooler import NO_POOLER, Pooler, there_is_a_pooler

pytestmark = pytest.mark.skipif(not there_is_a_pooler(), reason=NO_POOLER)


@pytest.fixture(params=["refuses options", "ignores options"])
def pooler(request: pytest.FixtureRequest, tmp_path: Path, empty_database_url: str) -> Iterator[Pooler]:
    """One server connection for all clients."""
    tmp_path.chmod(0o711)
    pooler = Pooler(tmp_path, empty_database_url, servers=1, ignores_options=request.param == "ignores options")
    pooler.start()
    yield pooler
    pooler.stop()


@pytest.fixture
def url(pooler: Pooler, empty_database_url: str) -> str:
    return pooler.url(empty_database_url)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = make_engine(url, pool_size=2, statement_timeout_seconds=0.3)
    yield engine
    engine.dispose()


def settings_of(engine: Engine) -> tuple[str, ...]:
    names = ("TimeZone", "statement_timeout", "idle_in_transaction_session_timeout")
    with transaction(engine) as tx:
        return tuple(tx.execute(text(f"SHOW {name}")).scalar_one() for name in names)


def test_every_transaction_has_our_settings(engine: Engine) -> None:
    for _ in range(3):
        assert settings_of(engine) == ("UTC", "300ms", "300ms")


def test_a_late_statement_is_cancelled_by_the_server(engine: Engine) -> None:
    with pytest.raises(DatabaseUnavailable, match="statement timeout"), transaction(engine) as tx:
        tx.execute(text("SELECT pg_sleep(5)"))
    assert settings_of(engine)[1] == "300ms"


def test_other_clients_of_the_same_server_keep_their_settings(engine: Engine, url: str) -> None:
    settings_of(engine)
    with psycopg.connect(url.replace("+psycopg", ""), prepare_threshold=None) as other:
        row = other.execute("SELECT current_setting('statement_timeout')").fetchone()

    assert row == ("0",)


def test_statements_that_are_repeated_find_their_server(engine: Engine) -> None:
    """A prepared statement would be unknown to the other client's server, or there already."""
    other = make_engine(engine.url.render_as_string(hide_password=False))
    for _ in range(8):
        for each in (engine, other):
            with transaction(each) as tx:
                assert tx.execute(text("SELECT :n + 1"), {"n": 1}).scalar_one() == 2
    other.dispose()


def test_migrations_pass(url: str) -> None:
    migrate.upgrade(url)
    assert migrate.current(url) is not None
    migrate.downgrade(url, "base")
    assert migrate.current(url) is None


def test_a_second_connection_is_not_refused_first(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    connect = psycopg.Connection.connect
    monkeypatch.setattr(
        psycopg.Connection, "connect", lambda *args, **more: asked.append("options" in more) or connect(*args, **more)
    )
    settings_of(engine)
    engine.dispose()
    asked.clear()
    settings_of(engine)

    assert asked == [False]
