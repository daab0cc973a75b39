"""Fresh databases on the session's one Postgres."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Engine

from rawk.adapters.postgres.connection_pool import make_engine
from rawk.adapters.postgres.store import PostgresMemoryStore
from tests.contract.servers import a_database, the_postgres


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated database."""
    with a_database(the_postgres(request.config)) as url:
        yield url


@pytest.fixture
def empty_database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    with a_database(the_postgres(request.config), template=None) as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url, pool_size=4, connect_timeout_seconds=2, statement_timeout_seconds=2)
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> PostgresMemoryStore:
    return PostgresMemoryStore(engine)


@pytest.fixture
def other_client(database_url: str) -> Iterator[psycopg.Connection]:
    """Another client's connection, in its own transaction."""
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        yield connection
        connection.rollback()
