"""Every number of the adapters and of the composition root: what is noticed when it is halved, doubled or forgotten."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from queue import Empty
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock, Mock

import httpcore2
import httpx2
import psycopg
import pytest
import redis.asyncio

from rawk import composition
from rawk.adapters import bounded_calls
from rawk.adapters.bounded_calls import BoundedCalls, CallNotAnswered
from rawk.adapters.credentials.passwords import Argon2Passwords
from rawk.adapters.openai import bounded_answers, client
from rawk.adapters.openai.bounded_answers import AnswerTooLarge
from rawk.adapters.openai.call_deadline import _Backend
from rawk.adapters.openai.error_bodies import read_statement
from rawk.adapters.postgres import migrate
from rawk.adapters.postgres.connection_pool import make_engine
from rawk.adapters.postgres.fail_fast import fail_fast_of
from rawk.adapters.redis import notifications, publisher
from rawk.adapters.redis.notifications import RedisStatusNotifications
from rawk.adapters.redis.publisher import Publisher
from rawk.adapters.s3.store import S3AudioStore
from rawk.adapters.sqs.limits import require_rate
from rawk.adapters.sqs.queue import SqsDeadLetters
from rawk.commands import dead_letters as dlq
from rawk.domain.errors import RawkError
from rawk.ports import DeadLetter
from tests.unit.api.world import StandingClock
from tests.unit.entry_points.test_entry_points import ENVIRONMENT
from tests.unit.numbers.substitution import Recording, change, most, numbers

type Notice = Callable[[pytest.MonkeyPatch], Any]

S3_SMALLEST_PART_BYTES = 5 * 2**20
"""Amazon S3 User Guide, "Amazon S3 multipart upload limits"."""


# calls bounded in time


class Seconds:
    """A monotonic clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, module: Any) -> None:
        self.now = 1000.0
        monkeypatch.setattr(module, "monotonic", lambda: self.now)


def longest_wait(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    recording = Recording(SimpleNamespace(wait=bounded_calls.wait), "wait", 1)
    monkeypatch.setattr(bounded_calls, "wait", recording.wait)
    calls = BoundedCalls("any")
    calls.run(lambda: None)
    calls.close()
    return recording.values


def milliseconds_of_a_failure_after_which_calls_go_on(monkeypatch: pytest.MonkeyPatch) -> int:
    return most(lambda milliseconds: not _paused(monkeypatch, milliseconds / 1000, 0), 10_000)


def pause_after_a_slow_failure(monkeypatch: pytest.MonkeyPatch) -> int:
    """In milliseconds: the last one at which no call is made."""
    return most(lambda milliseconds: _paused(monkeypatch, 30, milliseconds / 1000), 100_000)


def _paused(monkeypatch: pytest.MonkeyPatch, failure_seconds: float, later_seconds: float) -> bool:
    clock = Seconds(monkeypatch, bounded_calls)

    def fail() -> None:
        clock.now += failure_seconds
        raise OSError

    calls = BoundedCalls("any")
    try:
        with suppress(OSError):
            calls.run(fail)
        clock.now += later_seconds
        calls.run(lambda: None)
    except CallNotAnswered:
        return True
    finally:
        calls.close()
    return False


def calls_at_once(_: pytest.MonkeyPatch) -> int:
    calls = BoundedCalls("any")
    calls.close()
    return calls._threads._max_workers


# OpenAI


def answer_bytes(_: pytest.MonkeyPatch) -> int:
    request = httpx2.Request("GET", "http://h")

    def fits(size: int) -> bool:
        try:
            bounded_answers._read(httpx2.Response(200, content=bytes(size), request=request))
        except AnswerTooLarge:
            return False
        return True

    return most(fits, 2**24)


def network() -> tuple[Mock, httpcore2.NetworkStream]:
    """The network's backend, and a stream that the deadline's backend has connected through it."""
    backend = Mock()
    return backend, _Backend(backend, StandingClock()).connect_tcp("h", 443)


def connect_seconds(_: pytest.MonkeyPatch) -> float:
    seconds: float = network()[0].connect_tcp.call_args.args[2]
    return seconds


def written_at_once(_: pytest.MonkeyPatch) -> int:
    backend, stream = network()
    stream.write(bytes(200_000))
    return max(len(call.args[0]) for call in backend.connect_tcp.return_value.write.call_args_list)


def deepest_error(_: pytest.MonkeyPatch) -> int:
    """The number of objects around a code that is still found."""

    def is_found(depth: int) -> bool:
        body = b'{"error": ' * depth + b'{"code": "quota"}' + b"}" * depth
        return "quota" in read_statement(body).codes

    return most(is_found, 50)


def error_characters(_: pytest.MonkeyPatch) -> int:
    return len(read_statement(b"x" * 50_000).text)


def most_billed_seconds(_: pytest.MonkeyPatch) -> int:
    def is_counted(seconds: int) -> bool:
        return client._billed_seconds({"usage": {"seconds": seconds}}) == seconds

    return most(is_counted, 2_000_000)


# Postgres


def connection(monkeypatch: pytest.MonkeyPatch, **timeouts: float) -> dict[str, Any]:
    """What a pool made with these timeouts waits for, and asks of Postgres."""
    connected: dict[str, Any] = {}

    def connect(kind: Any, *_: Any, **parameters: Any) -> Any:
        connected.update(parameters, answer_timeout=kind.answer_timeout_seconds)
        raise psycopg.OperationalError

    monkeypatch.setattr(psycopg.Connection, "connect", classmethod(connect))
    engine = make_engine("postgresql://u:p@h/db", **timeouts)  # type: ignore[arg-type]
    return _waits(engine, connected)


def _waits(engine: Any, connected: dict[str, Any]) -> dict[str, Any]:
    with suppress(Exception):
        engine.connect()
    options = dict(option.removeprefix("-c ").split("=") for option in connected["options"].split(" -c "))
    return {
        "pool": engine.pool.size(),
        "for a connection": engine.pool._timeout,
        "to connect": connected["connect_timeout"],
        "for a statement": int(options["statement_timeout"]) / 1000,
        "in a transaction": int(options["idle_in_transaction_session_timeout"]) / 1000,
        "for an answer": connected["answer_timeout"],
    }


DEFAULT_WAITS = {
    "pool": 1,
    "for a connection": 5,
    "to connect": 5,
    "for a statement": 10,
    "in a transaction": 10,
    "for an answer": 12,
}


def idle_session_milliseconds(monkeypatch: pytest.MonkeyPatch) -> str:
    asked: dict[str, Any] = {}

    def connect(_: Any, *__: Any, **parameters: Any) -> Any:
        asked.update(parameters)
        raise psycopg.OperationalError

    monkeypatch.setattr(psycopg.Connection, "connect", classmethod(connect))
    with suppress(Exception):
        make_engine("postgresql://u:p@h/db", wakes_within_seconds=45).connect()
    return str(asked["options"]).rpartition("idle_session_timeout=")[2]


def migration_statement_seconds(monkeypatch: pytest.MonkeyPatch) -> float:
    made = Mock(side_effect=RawkError)
    monkeypatch.setattr(migrate, "make_engine", made)
    with pytest.raises(RawkError):
        migrate.current("postgresql://u:p@h/db")
    seconds: float = made.call_args.kwargs["statement_timeout_seconds"]
    return seconds


def migration_wakes(call: Callable[[str], object]) -> Notice:
    """How long a command waits for a database to wake unless it is given."""

    def wakes_within_seconds(monkeypatch: pytest.MonkeyPatch) -> float:
        made = Mock(side_effect=RawkError)
        monkeypatch.setattr(migrate, "make_engine", made)
        with pytest.raises(RawkError):
            call("postgresql://u:p@h/db")
        seconds: float = made.call_args.kwargs["wakes_within_seconds"]
        return seconds

    return wakes_within_seconds


# Redis


def receiving(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the receiver waits for: it connects, hears nothing, and pings; nothing answers."""
    waits: dict[str, Any] = {}

    async def get_message(timeout: float) -> None:
        waits.setdefault("messages", []).append(timeout)

    async def nothing(*_: Any) -> None: ...

    async def sleep(seconds: float) -> None:
        waits["reconnect"] = seconds
        raise asyncio.CancelledError

    pubsub = MagicMock(subscribe=nothing, ping=nothing, get_message=get_message)
    pubsub.__aenter__.return_value = pubsub
    client = MagicMock(pubsub=lambda: pubsub)

    def from_url(_: str, **options: Any) -> Any:
        waits["connect"] = (options["socket_connect_timeout"], options["socket_timeout"])
        return client

    monkeypatch.setattr(redis.asyncio.Redis, "from_url", from_url)
    monkeypatch.setattr(notifications, "asyncio", SimpleNamespace(sleep=sleep))

    async def receive() -> None:
        with suppress(asyncio.CancelledError):
            await RedisStatusNotifications("redis://h")._receive_forever()

    asyncio.run(receive())
    return waits


def publishing_waits(monkeypatch: pytest.MonkeyPatch) -> tuple[list[float | None], float, float]:
    """For a notification, for a connection, and for an answer of Redis."""
    waited: list[float | None] = []

    class Event(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waited.append(timeout)
            return super().wait(30)

    monkeypatch.setattr(publisher, "Event", Event)
    one = Publisher(lambda _: None, (OSError,))
    one.publish("one")
    one.close()
    options = RedisStatusNotifications("redis://h")._client.connection_pool.connection_kwargs
    return waited[:1], options["socket_connect_timeout"], options["socket_timeout"]


def pause_of_publishing(monkeypatch: pytest.MonkeyPatch) -> int:
    """In milliseconds after a failure: the last one at which nothing is published."""

    def is_paused(milliseconds: int) -> bool:
        clock = Seconds(monkeypatch, publisher)
        published: list[str] = []

        def fail(memory_id: str) -> None:
            published.append(memory_id)
            raise OSError

        with monkeypatch.context() as patient:
            patient.setattr(publisher, "TIMEOUT_SECONDS", 30)
            one = Publisher(fail, (OSError,))
            one.publish("one")
            clock.now += milliseconds / 1000
            one.publish("two")
            one.close()
        return published == ["one"]

    return most(is_paused, 100_000) + 1


def waiting_notifications(_: pytest.MonkeyPatch) -> int:
    queue = Publisher(lambda _: None, (Empty,))._queue
    return queue.maxsize


# S3 and SQS


def part_bytes(_: pytest.MonkeyPatch) -> list[int]:
    sizes: list[int] = []

    def upload_part(**request: Any) -> dict[str, str]:
        sizes.append(len(request["Body"].read()))
        return {"ETag": "tag"}

    client = Mock(upload_part=upload_part)
    client.create_multipart_upload.return_value = {"UploadId": "upload"}
    upload = S3AudioStore(client, "audio").open_upload("key", "audio/wav")
    upload.write(bytes(2 * S3_SMALLEST_PART_BYTES + 1))
    return sizes


def spooled_bytes(_: pytest.MonkeyPatch) -> int:
    upload = S3AudioStore(Mock(), "audio").open_upload("key", "audio/wav")
    written = 0
    while not upload._part._rolled:  # type: ignore[attr-defined]
        upload.write(bytes(1024))
        written += 1024
    return written - 1024


REQUEST_ID = {"ResponseMetadata": {"RequestId": "request"}}
COUNTED = {
    "ApproximateNumberOfMessages": "3",
    "ApproximateNumberOfMessagesNotVisible": "0",
    "ApproximateNumberOfMessagesDelayed": "0",
}


def dead_letters() -> tuple[Mock, SqsDeadLetters]:
    """SQS counts three and gives none."""
    client = Mock()
    client.receive_message.return_value = REQUEST_ID
    client.get_queue_attributes.return_value = {"Attributes": COUNTED}
    return client, SqsDeadLetters(client, "dead", "jobs")


def receives(name: str) -> Notice:
    def notice(_: pytest.MonkeyPatch) -> set[int]:
        client, letters = dead_letters()
        letters.peek(1000)
        return {call.kwargs[name] for call in client.receive_message.call_args_list}

    return notice


def empty_receives(_: pytest.MonkeyPatch) -> int:
    client, letters = dead_letters()
    letters.peek(1000)
    return int(client.receive_message.call_count)


def visibility_attempts(_: pytest.MonkeyPatch) -> int:
    client, letters = dead_letters()
    client.change_message_visibility_batch.return_value = {}
    letters._make_visible([DeadLetter("m", "r", "body", 1, StandingClock().now())])
    return int(client.change_message_visibility_batch.call_count)


def letters_that_a_redrive_may_hold(monkeypatch: pytest.MonkeyPatch) -> int:
    _, letters = dead_letters()
    received = Mock(return_value=iter(()))
    monkeypatch.setattr(letters, "_received", received)
    assert [*letters.take(["m"])] == []
    return int(received.call_args.args[1])


def moves_per_second(_: pytest.MonkeyPatch) -> int:
    def fits(rate: int) -> bool:
        try:
            require_rate(rate or None)
        except ValueError:
            return False
        return True

    return most(fits, 10_000)


# the composition root


def built(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The parts that a test looks at, from a build that connects to nothing."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(composition, "write_json_lines", lambda *_: None)
    api = composition.build_api(ENVIRONMENT)
    api.close()
    worker, recovery = composition.build_worker(ENVIRONMENT), composition.build_recovery(ENVIRONMENT)
    letters = composition.build_dead_letter_operations(ENVIRONMENT)
    return {"api": api, "worker": worker, "recovery": recovery, "letters": letters}


def limits(client: Any) -> tuple[float, float, int]:
    config = client.meta.config
    return config.connect_timeout, config.read_timeout, config.retries["total_max_attempts"]


def storage_limits(monkeypatch: pytest.MonkeyPatch) -> tuple[float, float, int]:
    return limits(built(monkeypatch)["api"].audio._client)


def queue_limits(monkeypatch: pytest.MonkeyPatch) -> tuple[float, float, int]:
    return limits(built(monkeypatch)["api"].intake.queue._client)


def patient_limits(monkeypatch: pytest.MonkeyPatch) -> set[tuple[float, float, int, int]]:
    parts = built(monkeypatch)
    clients = [
        parts["worker"]._processing.services.audio._client,
        parts["worker"]._queue._client,
        parts["recovery"].audio._client,
        parts["recovery"].queue._client,
        parts["letters"].letters._client,
    ]
    return {(*limits(client), client.meta.config.max_pool_connections) for client in clients}


def connections(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    api = built(monkeypatch)["api"]
    return [part._client.meta.config.max_pool_connections for part in (api.audio, api.intake.queue)]


def api_database(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    connected: dict[str, Any] = {}

    def connect(kind: Any, *_: Any, **parameters: Any) -> Any:
        connected.update(parameters, answer_timeout=kind.answer_timeout_seconds)
        raise psycopg.OperationalError

    engine = built(monkeypatch)["api"].memories._engine
    monkeypatch.setattr(psycopg.Connection, "connect", classmethod(connect))
    fail_fast = fail_fast_of(engine)
    assert fail_fast is not None
    return _waits(engine, connected) | {"after a silence": fail_fast._pause_seconds}


API_WAITS = {
    "pool": 10,
    "for a connection": 2,
    "to connect": 2,
    "for a statement": 4,
    "in a transaction": 4,
    "for an answer": 6,
    "after a silence": 5,
}


def password_cost(_: pytest.MonkeyPatch) -> str:
    """As the hash itself states it."""
    return Argon2Passwords().hash("correct horse battery").split("$")[3]


NOTICED: dict[str, tuple[Notice, Any]] = {
    "adapters.bounded_calls.TIMEOUT_SECONDS": (longest_wait, [1.5]),
    "adapters.bounded_calls.SLOW_FAILURE_SECONDS": (milliseconds_of_a_failure_after_which_calls_go_on, 499),
    "adapters.bounded_calls.PAUSE_SECONDS": (pause_after_a_slow_failure, 4999),
    "adapters.bounded_calls.CALLS_AT_ONCE": (calls_at_once, 32),
    "adapters.credentials.passwords.MEMORY_KIBIBYTES": (password_cost, "m=19456,t=2,p=1"),
    "adapters.credentials.passwords.PASSES": (password_cost, "m=19456,t=2,p=1"),
    "adapters.openai.bounded_answers.MOST_ANSWER_BYTES": (answer_bytes, 4 * 2**20),
    "adapters.openai.call_deadline.LONGEST_CONNECT_SECONDS": (connect_seconds, 5),
    "adapters.openai.call_deadline.WRITE_BYTES": (written_at_once, 16_384),
    "adapters.openai.client.MOST_BILLED_SECONDS": (most_billed_seconds, 604_800),
    "adapters.openai.error_bodies.DEEPEST": (deepest_error, 5),
    "adapters.openai.error_bodies.MOST_CHARACTERS": (error_characters, 4000),
    "adapters.postgres.connection_pool.IDLE_SESSION_SECONDS": (idle_session_milliseconds, "60000"),
    "adapters.postgres.migrate._STATEMENT_TIMEOUT_SECONDS": (migration_statement_seconds, 300),
    "adapters.redis.notifications.CONNECT_SECONDS": (lambda patch: receiving(patch)["connect"], (2, 2)),
    "adapters.redis.notifications.SILENCE_SECONDS": (lambda patch: receiving(patch)["messages"], [10, 10]),
    "adapters.redis.notifications.RECONNECT_SECONDS": (lambda patch: receiving(patch)["reconnect"], 5),
    "adapters.redis.publisher.TIMEOUT_SECONDS": (publishing_waits, ([0.25], 0.25, 0.25)),
    "adapters.redis.publisher.PAUSE_SECONDS": (pause_of_publishing, 15_000),
    "adapters.redis.publisher.QUEUE_SIZE": (waiting_notifications, 100),
    "adapters.sqs.limits.MAX_MOVES_PER_SECOND": (moves_per_second, 500),
    "adapters.sqs.queue._BATCH": (receives("MaxNumberOfMessages"), {10}),
    "adapters.sqs.queue._ALL": (letters_that_a_redrive_may_hold, 1_000_000),
    "adapters.sqs.queue._HELD_SECONDS": (receives("VisibilityTimeout"), {60}),
    "adapters.sqs.queue._VISIBILITY_ATTEMPTS": (visibility_attempts, 2),
    "adapters.sqs.queue._EMPTY_RECEIVES": (empty_receives, 3),
    "composition.API_CONNECTIONS": (connections, [48, 48]),
    "composition.API_DATABASE_CONNECTIONS": (api_database, API_WAITS),
    "composition.API_DATABASE_CONNECT_SECONDS": (api_database, API_WAITS),
    "composition.API_DATABASE_STATEMENT_SECONDS": (api_database, API_WAITS),
    "composition.API_DATABASE_PAUSE_SECONDS": (api_database, API_WAITS),
    "composition.API_STORAGE.connect_seconds": (storage_limits, (1, 4, 2)),
    "composition.API_STORAGE.read_seconds": (storage_limits, (1, 4, 2)),
    "composition.API_STORAGE.attempts": (storage_limits, (1, 4, 2)),
    "composition.API_QUEUE.connect_seconds": (queue_limits, (1, 1, 1)),
    "composition.API_QUEUE.read_seconds": (queue_limits, (1, 1, 1)),
    "composition.API_QUEUE.attempts": (queue_limits, (1, 1, 1)),
}
"""Constant → what is noticed, and what that is."""

READ_AT_IMPORT: dict[str, tuple[Notice, Any]] = {
    "adapters.credentials.passwords.LANES": (password_cost, "m=19456,t=2,p=1"),
    "adapters.postgres.connection_pool.make_engine.pool_size": (connection, DEFAULT_WAITS),
    "adapters.postgres.connection_pool.make_engine.connect_timeout_seconds": (connection, DEFAULT_WAITS),
    "adapters.postgres.connection_pool.make_engine.statement_timeout_seconds": (connection, DEFAULT_WAITS),
    "adapters.postgres.connection_pool.make_engine.pause_seconds": (
        lambda _: fail_fast_of(make_engine("postgresql://u:p@h/db")),
        None,
    ),
    "adapters.postgres.connection_pool.make_engine.wakes_within_seconds": (
        lambda _: make_engine("postgresql://u:p@h/db").pool._timeout,  # type: ignore[attr-defined]
        5,
    ),
    "adapters.postgres.migrate.current.wakes_within_seconds": (migration_wakes(migrate.current), 0),
    "adapters.postgres.migrate.upgrade.wakes_within_seconds": (migration_wakes(migrate.upgrade), 0),
    "adapters.postgres.migrate.downgrade.wakes_within_seconds": (
        migration_wakes(lambda url: migrate.downgrade(url, "base")),
        0,
    ),
    "adapters.s3.store.SPOOLED_BYTES": (spooled_bytes, 262_144),
    "adapters.s3.store.PART_BYTES": (part_bytes, [S3_SMALLEST_PART_BYTES] * 2),
    "adapters.sqs.queue.SqsDeadLetters.__init__.wait_seconds": (receives("WaitTimeSeconds"), {1}),
    "composition.PATIENT.connect_seconds": (patient_limits, {(3, 15, 2, 10)}),
    "composition.PATIENT.read_seconds": (patient_limits, {(3, 15, 2, 10)}),
    "composition.PATIENT.attempts": (patient_limits, {(3, 15, 2, 10)}),
    "composition._client.connections": (patient_limits, {(3, 15, 2, 10)}),
}
"""Defaults of arguments, which a test cannot change while it runs. What is noticed is compared with a number that
stands here."""

ELSEWHERE = {
    "adapters.postgres.migrate.LOCK",
    "adapters.postgres.connection_pool._TimedConnection.wait.interval",
    "adapters.sqs.in_memory.InMemoryQueue.send.delay_seconds",
    "adapters.sqs.in_memory.InMemoryQueue.receive.limit",
    "adapters.telemetry.opentelemetry.EXPORT_SECONDS",
    "adapters.telemetry.opentelemetry.FLUSH_MILLISECONDS",
    "adapters.traces.files._COPIED_BYTES",
}
"""The name of a lock, psycopg's own default, defaults of the in-memory queue, the bounds of sending spans, which
tests/integration/telemetry measures, and how much of a log is copied at once."""


def test_every_number_of_the_adapters_is_here() -> None:
    found = {name for name in numbers() if name.startswith(("adapters.", "composition."))}

    assert found == {*NOTICED, *READ_AT_IMPORT, *ELSEWHERE}


@pytest.mark.parametrize("name", [*NOTICED, *READ_AT_IMPORT])
def test_a_number_is_what_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    notice, usual = (NOTICED | READ_AT_IMPORT)[name]
    assert notice(monkeypatch) == usual


@pytest.mark.parametrize("name", NOTICED)
@pytest.mark.parametrize("factor", [0.5, 2])
def test_a_changed_number_is_noticed(name: str, factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    notice, usual = NOTICED[name]
    number = numbers()[name]
    value = round(number * factor) or 3 if isinstance(number, int) else number * factor  # no limit may be zero
    *constant, last = name.split(".")
    if last.islower():
        limit = ".".join(constant)
        change(monkeypatch, limit, replace(getattr(composition, constant[-1]), **{last: value}))
    else:
        change(monkeypatch, name, value)
    assert notice(monkeypatch) != usual


def test_the_command_moves_as_many_dead_letters_a_second_as_the_adapter() -> None:
    """An argument's text is checked before the adapter is built."""

    def fits(rate: int) -> bool:
        try:
            return dlq._rate(str(rate)) == rate
        except Exception:  # noqa: BLE001 - argparse's own
            return rate == 0

    assert most(fits, 10_000) == 500
