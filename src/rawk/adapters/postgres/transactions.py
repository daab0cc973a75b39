"""One transaction, and one error for a database that could not run it: DatabaseUnavailable."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from sqlalchemy import Connection, Engine, column, select, table
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from rawk.adapters.postgres.fail_fast import fail_fast_of
from rawk.adapters.postgres.tables import REVISION
from rawk.domain.errors import DatabaseOutdated, DatabaseUnavailable

_UNDEFINED_TABLE = "42P01"


@contextmanager
def transaction(engine: Engine, *, migrates: bool = False) -> Iterator[Connection]:
    """Commit at the end, roll back on any error. `migrates`: the schema is older until this transaction has ended.

    Raises DatabaseUnavailable when the database does not answer or refuses for a temporary reason, DatabaseWaking when
    it may have paused, DatabaseOutdated when it refuses and its schema is older than this release. A bug of ours (a
    misspelt column, a violated constraint) is raised unchanged: as DatabaseUnavailable it would be retried forever.
    """
    fail_fast = fail_fast_of(engine)
    try:
        with fail_fast.transaction() if fail_fast else nullcontext(), engine.begin() as connection:
            yield connection
    except PoolTimeout as error:
        raise DatabaseUnavailable("no database connection became free in time") from error
    except DBAPIError as error:
        if not _is_temporary(error):
            if not migrates and (outdated := _outdated(engine)) is not None:
                raise outdated from error
            raise
        reason = _first_line(error)
        raise (fail_fast.unavailable(reason) if fail_fast else DatabaseUnavailable(reason)) from error


def require_own_schema(tx: Connection) -> None:
    """Raises DatabaseOutdated when the schema is older than this release. A newer one is fine: migrations only add."""
    if (outdated := _judged(_revision(tx))) is not None:
        raise outdated


def _outdated(engine: Engine) -> DatabaseOutdated | None:
    """None also when nobody can say which revision the database has."""
    try:
        with engine.begin() as tx:
            return _judged(_revision(tx))
    except DBAPIError as error:
        return _judged(None) if getattr(error.orig, "sqlstate", None) == _UNDEFINED_TABLE else None


def _revision(tx: Connection) -> str | None:
    """None for a database without a schema."""
    found: str | None = tx.scalar(select(column("version_num")).select_from(table("alembic_version")))
    return found


def _judged(revision: str | None) -> DatabaseOutdated | None:
    if revision is not None and revision >= REVISION:
        return None
    has = "has none" if revision is None else f"is at {revision}"
    return DatabaseOutdated(f"this release needs revision {REVISION} of the schema, and the database {has}: migrate it")


def _is_temporary(error: DBAPIError) -> bool:
    # psycopg sorts unreachable servers, shutdowns, timeouts, deadlocks, serialization failures and full disks under
    # OperationalError; whatever else closed the connection is temporary, too.
    return isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated


def _first_line(error: DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return f"{type(error.orig).__name__}: {lines[0] if lines else 'no details'}"
