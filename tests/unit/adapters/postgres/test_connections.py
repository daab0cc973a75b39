"""What a connection is asked for, how the pool keeps it, and when it is given up; no server is needed."""

from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from rawk.adapters.postgres import connection_pool
from rawk.adapters.postgres.connection_pool import make_engine

URL = "postgres://rawk:p%40ss@db.example:5433/memories"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The parameters of the last connection that was tried, and its longest wait for an answer."""
    parameters: dict[str, Any] = {}

    def connect(kind: Any, *arguments: Any, **asked: Any) -> Any:
        parameters.clear()
        parameters.update(asked, arguments=arguments, answer_timeout_seconds=kind.answer_timeout_seconds)
        raise psycopg.OperationalError

    monkeypatch.setattr(psycopg.Connection, "connect", classmethod(connect))
    return parameters


def try_to_connect(engine: Engine) -> None:
    with pytest.raises(OperationalError):
        engine.connect()


def options(asked: dict[str, Any]) -> str:
    return str(asked["options"])


def test_a_connection_is_asked_for_with_a_bound_for_every_wait(asked: dict[str, Any]) -> None:
    try_to_connect(make_engine(URL))

    whom = {"host": "db.example", "port": 5433, "user": "rawk", "password": "p@ss", "dbname": "memories"}
    assert whom.items() <= asked.items()
    assert asked["arguments"] == ()
    assert (asked["connect_timeout"], asked["answer_timeout_seconds"]) == (5, 12)
    assert asked["application_name"] == "rawk"
    assert options(asked) == ("-c timezone=UTC -c statement_timeout=10000 -c idle_in_transaction_session_timeout=10000")


def test_bounds_of_a_caller_replace_the_usual_ones(asked: dict[str, Any]) -> None:
    engine = make_engine(URL, pool_size=7, connect_timeout_seconds=1.2, statement_timeout_seconds=0.25)
    try_to_connect(engine)

    assert (asked["connect_timeout"], asked["answer_timeout_seconds"]) == (2, 2.25)  # libpq knows whole seconds
    assert options(asked).endswith("statement_timeout=250 -c idle_in_transaction_session_timeout=250")
    assert isinstance(engine.pool, QueuePool)
    assert (engine.pool.size(), engine.pool._timeout) == (7, 1.2)


def test_two_pools_keep_their_own_bounds(asked: dict[str, Any]) -> None:
    slow, fast = make_engine(URL, statement_timeout_seconds=300), make_engine(URL, statement_timeout_seconds=1)

    try_to_connect(slow)
    assert asked["answer_timeout_seconds"] == 302
    try_to_connect(fast)
    assert asked["answer_timeout_seconds"] == 3


def test_the_pool_has_no_connection_too_many_and_checks_each_before_its_use() -> None:
    engine = make_engine(URL)

    assert isinstance(engine.pool, QueuePool)
    assert (engine.pool.size(), engine.pool._max_overflow, engine.pool._timeout) == (1, 0, 5)
    assert engine.pool._pre_ping
    assert engine.hide_parameters
    assert engine.dialect._on_connect_isolation_level == "READ COMMITTED"


class Waiting(connection_pool._TimedConnection):
    """A connection without a server: the wait of psycopg is recorded, and may fail."""

    answer_timeout_seconds = 12.0

    def __init__(self, status: TransactionStatus) -> None:
        self.finished = False
        self.pgconn = SimpleNamespace(transaction_status=status, finish=self._finish)  # type: ignore[assignment]

    def _finish(self) -> None:
        self.finished = True

    def __del__(self) -> None:
        """psycopg's own one would look at the connection that is not there."""


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    waits: list[tuple[Any, ...]] = []

    def wait(_: Any, *arguments: Any) -> str:
        waits.append(arguments)
        return "an answer"

    monkeypatch.setattr(psycopg.Connection, "wait", wait)
    return waits


def test_every_wait_is_bounded_unless_psycopg_bounds_it_itself(waits: list[tuple[Any, ...]]) -> None:
    connection, answers = Waiting(TransactionStatus.IDLE), iter(())

    assert connection.wait(answers) == "an answer"  # type: ignore[arg-type]
    assert connection.wait(answers, 0.5) == "an answer"  # type: ignore[arg-type]
    assert connection.wait(answers, timeout=3) == "an answer"  # type: ignore[arg-type]
    assert connection.wait(answers, timeout=0) == "an answer"  # type: ignore[arg-type]

    assert waits == [(answers, 0.1, 12.0), (answers, 0.5, 12.0), (answers, 0.1, 3), (answers, 0.1, 0)]


@pytest.mark.parametrize("status", TransactionStatus)
def test_a_connection_that_waited_in_vain_in_mid_statement_is_closed(
    monkeypatch: pytest.MonkeyPatch, status: TransactionStatus
) -> None:
    def wait(*_: Any) -> None:
        raise psycopg.errors.ConnectionTimeout

    monkeypatch.setattr(psycopg.Connection, "wait", wait)
    connection = Waiting(status)

    with pytest.raises(psycopg.errors.ConnectionTimeout):
        connection.wait(iter(()))  # type: ignore[arg-type]

    assert connection.finished is (status is TransactionStatus.ACTIVE)


@pytest.mark.parametrize(
    ("error", "left"),
    [
        (psycopg.errors.ReadOnlySqlTransaction("cannot execute UPDATE in a read-only transaction"), True),
        (psycopg.errors.UniqueViolation("duplicate key"), False),
        (psycopg.OperationalError("no state at all"), False),
        (ValueError("not of the database"), False),
    ],
)
def test_only_a_server_that_became_read_only_is_left(error: Exception, left: bool) -> None:
    context: Any = SimpleNamespace(original_exception=error, is_disconnect=False)

    connection_pool._leave_a_demoted_server(context)

    assert context.is_disconnect is left


@pytest.mark.parametrize(
    "refusal",
    [
        "connection failed: FATAL:  unsupported startup parameter: options",
        "connection failed: FATAL:  Feature not supported: RDS Proxy currently doesn’t support command-line options.",
    ],
)
def test_a_pooler_that_refuses_options_is_asked_without_them(monkeypatch: pytest.MonkeyPatch, refusal: str) -> None:
    asked: list[bool] = []

    def connect(_: Any, **parameters: Any) -> Any:
        asked.append("options" in parameters)
        raise psycopg.OperationalError(refusal if "options" in parameters else "no server here")

    monkeypatch.setattr(psycopg.Connection, "connect", classmethod(connect))
    engine = make_engine(URL)
    for _ in range(2):
        with pytest.raises(OperationalError, match="no server here"):
            engine.connect()

    assert asked == [True, False, False]


def test_another_refusal_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def connect(_: Any, **parameters: Any) -> Any:
        asked.append("options" in parameters)
        raise psycopg.OperationalError("FATAL: password authentication failed")

    monkeypatch.setattr(psycopg.Connection, "connect", classmethod(connect))
    with pytest.raises(OperationalError, match="password authentication"):
        make_engine(URL).connect()

    assert asked == [True]
