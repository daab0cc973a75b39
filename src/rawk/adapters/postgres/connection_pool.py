"""The connection pool, with a timeout for every wait: for a connection, for a lock, for an answer."""

import math
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from rawk.adapters.postgres.fail_fast import OPTION, FailFast
from rawk.domain.errors import ConfigurationError
from rawk.log import hide

_POSTGRES = {"postgres", "postgresql", "postgresql+psycopg"}

_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+(%[A-Za-z0-9]+)?")
"""A name, an IPv4 or an IPv6 address."""

RDS_AUTHORITIES = Path(__file__).parent / "certificates" / "rds.pem"
_VERIFYING = ("verify-ca", "verify-full")

IDLE_SESSION_SECONDS = 60
"""After which a database that pauses without traffic ends a session that nobody uses: Aurora does not pause while one
is open, and a frozen Lambda environment cannot close its own."""

_READ_ONLY_TRANSACTION = "25006"

_REFUSED_OPTIONS = ("unsupported startup parameter", "command-line options")
"""Of PgBouncer and of RDS Proxy; a refused connection has no SQLSTATE."""


def make_engine(
    url: str,
    *,
    pool_size: int = 1,
    connect_timeout_seconds: float = 5,
    statement_timeout_seconds: float = 10,
    pause_seconds: float = 0,
    wakes_within_seconds: float = 0,
) -> Engine:
    """A pool of at most `pool_size` connections; none is opened before the first is needed.

    In Lambda one connection, checked before each use, costs 0.3 ms a job; a connection that was cut while the
    environment was frozen is replaced. A server that is late cancels the statement itself; a server that does not
    answer at all (a network that drops packets) times out two seconds later. With a pause, further transactions
    then fail at once (`FailFast`).

    A database that pauses without traffic wakes within the given time: without a pause of ours, a connection is waited
    for that long; with one, errors meanwhile are DatabaseWaking. A pooler is noticed (`Sessions`). Raises
    ConfigurationError for a bad URL.
    """
    if not pause_seconds:
        connect_timeout_seconds = max(connect_timeout_seconds, wakes_within_seconds)
    fail_fast = FailFast(pause_seconds, wakes_within_seconds) if pause_seconds else None
    sessions = Sessions(statement_timeout_seconds, IDLE_SESSION_SECONDS if wakes_within_seconds else None)
    engine = create_engine(
        psycopg_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=connect_timeout_seconds,
        pool_pre_ping=True,
        hide_parameters=True,  # a transcript must not reach a log in an error message
        isolation_level="READ COMMITTED",
        execution_options={OPTION: fail_fast},
        connect_args={
            "connect_timeout": math.ceil(connect_timeout_seconds),
            "application_name": "rawk",
            "options": sessions.options,
            "prepare_threshold": None,  # behind a pooler another server would not know a prepared statement
        },
    )
    event.listen(engine, "do_connect", _connecting(statement_timeout_seconds + 2, fail_fast, sessions))
    event.listen(engine, "begin", sessions.begin)
    event.listen(engine, "handle_error", _leave_a_demoted_server)
    return engine


def psycopg_url(url: str) -> URL:
    """`postgres://`, `postgresql://` or `postgresql+psycopg://` as a URL for psycopg 3. Raises ConfigurationError.

    A URL that verifies the server and names no authorities (`sslrootcert`) trusts those of Amazon RDS.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # Not chained: the cause may quote the URL with its password.
        raise ConfigurationError("the database URL is not a URL") from None
    if parsed.drivername not in _POSTGRES:
        raise ConfigurationError("the database URL must begin with postgresql://")
    # A part of a password that is not percent-encoded would become host or user, and reach every error's text.
    if url.count("@") > 1 or (parsed.host is not None and not _HOST.fullmatch(parsed.host)):
        raise ConfigurationError(
            "the database URL is ambiguous: special characters in user and password must be percent-encoded"
        )
    if parsed.password:
        hide(str(parsed.password))
    if parsed.query.get("sslmode") in _VERIFYING and "sslrootcert" not in parsed.query:
        parsed = parsed.update_query_dict({"sslrootcert": str(RDS_AUTHORITIES)})
    return parsed.set(drivername="postgresql+psycopg")


class Sessions:
    """What each session of an engine is set to: when it connects or, behind a pooler, in each of its transactions.

    A pooler (PgBouncer in transaction mode, RDS Proxy) gives a client another server with each transaction. It refuses
    our options when we connect, or ignores them, which is noticed at the first connection. What a session sets would
    reach other clients. See https://www.pgbouncer.org/config.html#ignore_startup_parameters and
    https://github.com/psycopg/psycopg2/issues/1577.
    """

    def __init__(self, statement_timeout_seconds: float, idle_session_seconds: float | None = None) -> None:
        """`idle_session_seconds` is for our own sessions alone: those of a pooler are not ours to end."""
        timeout_ms = round(statement_timeout_seconds * 1000)
        self._settings = {
            "timezone": "UTC",
            "statement_timeout": f"{timeout_ms}",
            # A Lambda environment frozen in a transaction would otherwise hold its row locks for hours.
            "idle_in_transaction_session_timeout": f"{timeout_ms}",
        }
        self._own = (
            {} if idle_session_seconds is None else {"idle_session_timeout": f"{idle_session_seconds * 1000:.0f}"}
        )
        self.behind_pooler = False

    @property
    def options(self) -> str:
        """For libpq."""
        return " ".join(f"-c {name}={value}" for name, value in (self._settings | self._own).items())

    def connect[C: psycopg.Connection[Any]](self, connect: Callable[..., C], parameters: Mapping[str, Any]) -> C:
        """Raises psycopg.Error."""
        without_options = {name: value for name, value in parameters.items() if name != "options"}
        if self.behind_pooler:
            return connect(**without_options)
        try:
            connection = connect(**parameters)
        except psycopg.OperationalError as error:
            if not any(refusal in str(error) for refusal in _REFUSED_OPTIONS):
                raise
            self.behind_pooler = True
            return connect(**without_options)
        try:
            self.behind_pooler = not self._are_set(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def begin(self, connection: Connection) -> None:
        """SQLAlchemy's event: behind a pooler the settings hold for this transaction."""
        if self.behind_pooler:
            calls = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in self._settings.items())
            connection.exec_driver_sql(f"SELECT {calls}")

    def _are_set(self, connection: psycopg.Connection[Any]) -> bool:
        """Whether the server has got our options. No transaction is left open."""
        name = "statement_timeout"
        found = connection.execute("SELECT setting FROM pg_settings WHERE name = %s", [name]).fetchone()
        connection.rollback()
        return found is not None and found[0] == self._settings[name]


class _TimedConnection(psycopg.Connection[Any]):
    """Times out when no answer comes, and then closes itself: it cannot know what the server did.

    The server enforces `statement_timeout`, and any proxy in between answers TCP keep-alives; only a clock on this
    side ends the wait behind a network that drops packets.
    """

    answer_timeout_seconds: float
    fail_fast: FailFast | None = None

    def wait[T](self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        began, limit_seconds = monotonic(), self.answer_timeout_seconds if timeout is None else timeout
        try:
            return super().wait(gen, interval, limit_seconds)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()
                if self.fail_fast and monotonic() - began >= limit_seconds:
                    self.fail_fast.silent(began)
            raise


def _connecting(
    answer_timeout_seconds: float, fail_fast: FailFast | None, sessions: Sessions
) -> Callable[..., psycopg.Connection[Any]]:
    class Connection(_TimedConnection):
        pass

    Connection.answer_timeout_seconds = answer_timeout_seconds
    Connection.fail_fast = fail_fast

    def connect(
        dialect: Dialect,  # noqa: ARG001
        entry: ConnectionPoolEntry,  # noqa: ARG001
        arguments: list[Any],
        parameters: dict[str, Any],
    ) -> psycopg.Connection[Any]:
        began = monotonic()
        try:
            return sessions.connect(partial(Connection.connect, *arguments), parameters)
        except psycopg.errors.ConnectionTimeout:
            if fail_fast:
                fail_fast.silent(began)
            raise

    return connect


def _leave_a_demoted_server(context: ExceptionContext) -> None:
    """After a failover the old writer refuses writes but stays connected: drop the connection, so that the next try
    connects to the new writer."""
    if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY_TRANSACTION:
        context.is_disconnect = True
