"""One transaction, and one error for a database that could not run it: DatabaseUnavailable."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from rawk.adapters.postgres.fail_fast import fail_fast_of
from rawk.domain.errors import DatabaseUnavailable


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Commit at the end, roll back on any error.

    Raises DatabaseUnavailable when the database does not answer or refuses for a temporary reason, DatabaseWaking when
    it may have paused. A bug of ours (a misspelt column, a violated constraint) is raised unchanged: as
    DatabaseUnavailable it would be retried forever.
    """
    fail_fast = fail_fast_of(engine)
    try:
        with fail_fast.transaction() if fail_fast else nullcontext(), engine.begin() as connection:
            yield connection
    except PoolTimeout as error:
        raise DatabaseUnavailable("no database connection became free in time") from error
    except DBAPIError as error:
        if not _is_temporary(error):
            raise
        reason = _first_line(error)
        raise (fail_fast.unavailable(reason) if fail_fast else DatabaseUnavailable(reason)) from error


def _is_temporary(error: DBAPIError) -> bool:
    # psycopg sorts unreachable servers, shutdowns, timeouts, deadlocks, serialization failures and full disks under
    # OperationalError; whatever else closed the connection is temporary, too.
    return isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated


def _first_line(error: DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return f"{type(error.orig).__name__}: {lines[0] if lines else 'no details'}"
