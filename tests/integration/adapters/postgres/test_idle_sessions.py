"""A database that pauses without traffic must find no open session: a frozen function cannot close its own."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import Engine, text

from rawk.adapters.postgres import connection_pool
from rawk.adapters.postgres.connection_pool import make_engine
from rawk.adapters.postgres.transactions import transaction
from tests.integration.adapters.postgres.waiting import until

SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'rawk'"


@contextmanager
def used(url: str, wakes_within_seconds: float) -> Iterator[Engine]:
    """An engine with one idle connection."""
    engine = make_engine(url, wakes_within_seconds=wakes_within_seconds)
    with transaction(engine) as tx:
        tx.execute(text("SELECT 1"))
    yield engine
    engine.dispose()


@pytest.fixture
def observer(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection


def test_an_idle_session_ends_and_the_next_transaction_opens_another(
    database_url: str, observer: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_pool, "IDLE_SESSION_SECONDS", 0.2)

    with used(database_url, wakes_within_seconds=45) as engine:
        until(lambda: observer.execute(SESSIONS).fetchone() == (0,))
        with transaction(engine) as tx:
            assert tx.scalar(text("SELECT 1")) == 1


@pytest.mark.parametrize(("wakes_within_seconds", "setting"), [(45, "1min"), (0, "0")])
def test_only_a_database_that_pauses_ends_idle_sessions(
    database_url: str, wakes_within_seconds: float, setting: str
) -> None:
    with used(database_url, wakes_within_seconds) as engine, transaction(engine) as tx:
        assert tx.scalar(text("SHOW idle_session_timeout")) == setting
