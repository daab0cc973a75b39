"""Migrate a database's schema to a revision: before a deployment or by `rawk migrate`, never in Lambda's init.

The whole upgrade is one transaction under one lock: two upgrades run one after the other, and a failed one changes
nothing.
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
"""Any number that no other advisory lock in the database uses."""

_STATEMENT_TIMEOUT_SECONDS = 300

_alembic = Lock()
"""Alembic keeps the running migration in module globals: one at a time in a process, even for different databases."""


def upgrade(url: str, revision: str = "head", wakes_within_seconds: float = 0) -> None:
    """Upgrade to the revision. Raises DatabaseUnavailable, also after five minutes of waiting for another upgrade."""
    with _locked(url, wakes_within_seconds) as connection:
        command.upgrade(config(connection), revision)


def downgrade(url: str, revision: str, wakes_within_seconds: float = 0) -> None:
    """Downgrade to the revision; `base` is an empty schema. Raises DatabaseUnavailable."""
    with _locked(url, wakes_within_seconds) as connection:
        command.downgrade(config(connection), revision)


def current(url: str, wakes_within_seconds: float = 0) -> str | None:
    """The database's revision, None when there is none yet. Raises DatabaseUnavailable."""
    with _connection(url, wakes_within_seconds) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def config(connection: Connection) -> Config:
    """Alembic's settings for a connection that is in a transaction; no alembic.ini is needed."""
    settings = Config()
    # Alembic reads the settings through configparser, where a percent sign starts an interpolation.
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


@contextmanager
def _locked(url: str, wakes_within_seconds: float) -> Iterator[Connection]:
    with _alembic, _connection(url, wakes_within_seconds) as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        yield connection


@contextmanager
def _connection(url: str, wakes_within_seconds: float) -> Iterator[Connection]:
    engine = make_engine(
        url,
        wakes_within_seconds=wakes_within_seconds,
        statement_timeout_seconds=_STATEMENT_TIMEOUT_SECONDS,
    )
    try:
        with transaction(engine, migrates=True) as connection:
            yield connection
    finally:
        engine.dispose()
