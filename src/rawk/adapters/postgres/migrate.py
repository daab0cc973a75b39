"""Bring a database's schema to a revision: before a deploy, by hand or by `rawk db`; never from a Lambda's init.

The whole upgrade is one transaction under one lock: two at once do not meet, and one that fails leaves nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from rawk.adapters.postgres.connection_pool import make_engine
from rawk.adapters.postgres.transactions import transaction

LOCK = 5_246_105_187_022_148
"""Any number, as long as nobody else in the database uses it."""

_STATEMENT_TIMEOUT_SECONDS = 300

_alembic = Lock()
"""Alembic keeps the migration under way in module globals: one at a time in a process, whatever the database."""


def upgrade(url: str, revision: str = "head") -> None:
    """Go forward to the revision. Raises DatabaseUnavailable, also after five minutes of waiting for another one."""
    with _locked(url) as connection:
        command.upgrade(config(connection), revision)


def downgrade(url: str, revision: str) -> None:
    """Go back to the revision; `base` is an empty schema. Raises DatabaseUnavailable."""
    with _locked(url) as connection:
        command.downgrade(config(connection), revision)


def current(url: str) -> str | None:
    """The database's revision, None when there is none yet. Raises DatabaseUnavailable."""
    with _connection(url) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def config(connection: Connection) -> Config:
    """Alembic's settings for a connection that is in a transaction; no alembic.ini is needed."""
    settings = Config()
    # The settings are read through configparser, which takes a percent sign for its own.
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings


@contextmanager
def _locked(url: str) -> Iterator[Connection]:
    with _alembic, _connection(url) as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        yield connection


@contextmanager
def _connection(url: str) -> Iterator[Connection]:
    engine = make_engine(url, statement_timeout_seconds=_STATEMENT_TIMEOUT_SECONDS)
    try:
        with transaction(engine) as connection:
            yield connection
    finally:
        engine.dispose()
