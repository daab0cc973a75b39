"""Every number of the API: what a client notices, or the API waits for, when it is forgotten, halved or doubled."""

import argparse
import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import anyio
import pytest
from starlette.testclient import TestClient

from rawk import cli, composition, config, log
from rawk.adapters.sqs.limits import require_visibility
from rawk.api import bounded_threads, dependencies, events, health, metrics, uploads
from rawk.api.app import create_app
from rawk.api.bounded_threads import BoundedThreads, ThreadGroups
from rawk.api.callers.login import LoginQueue
from rawk.api.callers.rate_limits import RateLimits
from rawk.api.middleware import correlation, refused_lines, unread_body
from rawk.api.services import ApiServices
from rawk.api.upload_form import UploadForm
from rawk.commands.times import time_or_ago
from rawk.config import QueueLimits, queue_limits
from rawk.domain.errors import (
    ConfigurationError,
    DatabaseUnavailable,
    MalformedUpload,
    RecordingTooLarge,
    StorageUnavailable,
    TooManyRequests,
)
from rawk.ports import DeadLetter
from rawk.use_cases.dead_letters import ClassifiedDeadLetter
from sim.openai_simulator.errors import LIMIT_BYTES
from tests.unit.api.asgi_driver import Exchange
from tests.unit.api.conftest import ACME
from tests.unit.api.forms import CONTENT_TYPE, audio, form, part, wav
from tests.unit.api.test_memories import MEMORIES, upload
from tests.unit.api.world import World
from tests.unit.numbers.substitution import Recording, change, most, numbers

UPLOADS = "/api/v1/uploads"


def client_of(world: World) -> TestClient:
    return TestClient(create_app(world.services({"key-of-acme": "acme"})), headers=ACME)


def retry_after(_: pytest.MonkeyPatch) -> str:
    world = World()
    world.faults.add("memories.page", DatabaseUnavailable("gone"))
    return client_of(world).get(MEMORIES).headers["Retry-After"]


def answered_within(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    monkeypatch.setattr(bounded_threads, "anyio", recording := Recording(anyio, "move_on_after"))
    threads = BoundedThreads("any", 1, StorageUnavailable)
    asyncio.run(threads.run(lambda: None))
    threads.close()
    return recording.values


def threads_of(group: str) -> Callable[[pytest.MonkeyPatch], int]:
    def threads(_: pytest.MonkeyPatch) -> int:
        try:
            groups = ThreadGroups()
        except ValueError:  # half of one thread is none, and no pool can be made
            return 0
        groups.close()
        most_threads: int = getattr(groups, group)._threads._max_workers
        return most_threads

    return threads


def request_bytes(_: pytest.MonkeyPatch) -> int:
    client = client_of(World())
    return most(lambda size: client.post(UPLOADS, content=b" " * size).status_code != 413, 20_000)


def follow(monkeypatch: pytest.MonkeyPatch) -> tuple[list[float], str]:
    """The waits of a stream of a memory that never changes, each as long as it may be, and its first line."""
    now, waits = 0.0, []

    async def changed(up_to_seconds: float) -> bool:
        nonlocal now
        now += up_to_seconds
        waits.append(up_to_seconds)
        return False

    @asynccontextmanager
    async def subscribe(_: str) -> AsyncIterator[Any]:
        yield SimpleNamespace(changed=changed)

    monkeypatch.setattr(events, "anyio", SimpleNamespace(current_time=lambda: now))
    world = World()
    world.notifications = SimpleNamespace(subscribe=subscribe)  # type: ignore[assignment]
    with client_of(world) as client:
        memory_id = upload(client).json()["id"]
        return waits, client.get(f"{MEMORIES}/{memory_id}/events").text.split("\n")[0]


def checked_within(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    monkeypatch.setattr(health, "asyncio", recording := Recording(asyncio, "wait_for", 1))
    assert client_of(World()).get("/api/health").status_code == 200
    return recording.values


def page_limit(_: pytest.MonkeyPatch) -> int:
    client = client_of(World())
    return most(lambda limit: not limit or client.get(MEMORIES, params={"limit": limit}).status_code == 200, 1000)


def figures_read_again_after(_: pytest.MonkeyPatch) -> float:
    def is_read_again(milliseconds: int) -> bool:
        world = World()
        services = world.services({})
        figures = Mock(side_effect=services.memories.figures)
        counting = SimpleNamespace(figures=figures)
        kept = metrics.Metrics(counting, world.clock, lambda: 0)  # type: ignore[arg-type]
        kept.text()
        world.pass_time(timedelta(milliseconds=milliseconds))
        kept.text()
        return figures.call_count == 2

    return (most(lambda milliseconds: not is_read_again(milliseconds), 100_000) + 1) / 1000


def buckets(_: pytest.MonkeyPatch) -> list[str]:
    kept = metrics.Metrics(Mock(figures=Mock(side_effect=DatabaseUnavailable("gone"))), World().clock, lambda: 0)
    kept.count("GET", "/any", 200, 0.001)
    lines = kept.text().decode().splitlines()
    return [line.split('le="')[1].split('"')[0] for line in lines if line.startswith("rawk_request_seconds_bucket")]


def lingered_for(monkeypatch: pytest.MonkeyPatch) -> tuple[set[float], set[float], int]:
    """Seconds in all and in silence, and the bytes that are discarded at the most, in pieces of a mebibyte."""
    whole, idle = Recording(anyio, "move_on_after"), Recording(anyio, "fail_after")
    both = SimpleNamespace(move_on_after=whole.move_on_after, fail_after=idle.fail_after)
    monkeypatch.setattr(unread_body, "anyio", both)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": bytes(2**20), "more_body": True}

    async def send(_: Any) -> None: ...

    received = Mock(side_effect=receive)
    exchange = unread_body._Exchange(received, send)
    asyncio.run(exchange._linger())
    return {*whole.values}, {*idle.values}, received.call_count * 2**20


def accepted(name: str, content: bytes, *, read: str | None = None) -> bool:
    upload_form = UploadForm(CONTENT_TYPE)
    try:
        upload_form.feed(form(part(name, content), audio(wav())))
        _ = read and getattr(upload_form, read)
    except MalformedUpload:
        return False
    return True


def field_bytes(_: pytest.MonkeyPatch) -> int:
    return most(lambda size: accepted("title", b"x" * size), 20_000)


def title_characters(_: pytest.MonkeyPatch) -> int:
    return most(lambda size: accepted("title", b"x" * size, read="title"), 1000)


def stored_piece_bytes(monkeypatch: pytest.MonkeyPatch) -> int:
    """The largest piece of three mebibytes, which come in pieces of 1,024 bytes."""
    sizes: list[int] = []
    real = uploads.Recording.write

    def write(recording: Any, chunk: bytes) -> None:
        sizes.append(len(chunk))
        real(recording, chunk)

    monkeypatch.setattr(uploads.Recording, "write", write)
    body = form(audio(wav(3 * 2**20)))
    chunks = [body[start : start + 1024] for start in range(0, len(body), 1024)]
    assert Exchange(chunks).run(create_app(World().services({"key-of-acme": "acme"}))).status == 202
    return round(max(sizes[1:]) / 2**18) * 2**18


def body_bytes(_: pytest.MonkeyPatch) -> int:
    """The longest body that is not refused by its length alone."""

    def fits(size: int) -> bool:
        try:
            uploads._refuse_by_length(SimpleNamespace(headers={"content-length": str(size)}))  # type: ignore[arg-type]
        except RecordingTooLarge:
            return False
        return True

    return most(fits, 10**9)


def largest_direct_upload(_: pytest.MonkeyPatch) -> int:
    world = World()
    planned = {"content_type": "audio/wav"}
    asked: list[int] = []
    real = world.audio.upload_form

    def upload_form(key: str, content_type: str, max_bytes: int, valid_seconds: int) -> Any:
        asked.append(max_bytes)
        return real(key, content_type, max_bytes, valid_seconds)

    world.audio.upload_form = upload_form  # type: ignore[method-assign]
    assert client_of(world).post(UPLOADS, json=planned).status_code == 201
    return asked[0]


def longest_reads(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds for the first read of a body, the whole body having as long as it may."""
    monkeypatch.setattr(uploads, "anyio", recording := Recording(anyio, "fail_after"))
    app = create_app(World().services({"key-of-acme": "acme"}))
    assert Exchange([form(audio(wav()))]).run(app).status == 202
    return recording.values[:1]


def longest_upload(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    monkeypatch.setattr(uploads, "IDLE_SECONDS", 10**6)
    return [round(seconds) for seconds in longest_reads(monkeypatch)]


def shortest_hidden(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(log, "_hidden", hidden := set[str]())
    for length in range(1, 30):
        log.hide("x" * length)
    return min(map(len, hidden))


def request_within(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    monkeypatch.setattr(dependencies, "anyio", recording := Recording(anyio, "fail_after"))
    assert client_of(World()).post(UPLOADS, json={"content_type": "audio/wav"}).status_code == 201
    return recording.values


def login_within(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    monkeypatch.setattr(dependencies, "anyio", recording := Recording(anyio, "fail_after"))
    assert client_of(World()).post("/api/v1/auth/token", content=b"").status_code == 422
    return recording.values


def stop_waits_for(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    monkeypatch.setattr(uploads, "anyio", recording := Recording(anyio, "move_on_after"))
    with client_of(World()):
        pass
    return recording.values


def places_of(kind: str, limit: str) -> Callable[[pytest.MonkeyPatch], int]:
    def notice(_: pytest.MonkeyPatch) -> int:
        state = create_app(World().services({})).state
        places = state.streams if kind == "streams" else state.uploads._places
        return int(getattr(places, limit))

    return notice


def dead_letters_read(monkeypatch: pytest.MonkeyPatch) -> int:
    operations = Mock(classify=Mock(return_value=[]), count=Mock(return_value=0))
    monkeypatch.setattr(composition, "build_dead_letter_operations", lambda _: operations)
    assert cli.main(["dlq", "list"]) == 0
    (limit,) = operations.classify.call_args.args
    return int(limit)


def dead_letters_shown(monkeypatch: pytest.MonkeyPatch) -> int:
    """Of many in a preview."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    letter = ClassifiedDeadLetter(DeadLetter("the-message", "receipt", "body", 1, now), None, None, "poison")
    clock = SimpleNamespace(now=lambda: now)
    operations = Mock(classify=Mock(return_value=[letter] * 40), count=Mock(return_value=40), clock=clock)
    monkeypatch.setattr(composition, "build_dead_letter_operations", lambda _: operations)
    with redirect_stdout(StringIO()) as output:
        assert cli.main(["dlq", "redrive", "--dry-run"]) == 0
    return output.getvalue().count("the-message")


def longest_ago_days(_: pytest.MonkeyPatch) -> int:
    def fits(days: int) -> bool:
        try:
            return time_or_ago(f"{days}d") == timedelta(days=days)
        except argparse.ArgumentTypeError:
            return False

    return most(fits, 10**6)


def login_fields(_: pytest.MonkeyPatch) -> int:
    def is_read(fields: int) -> bool:
        form = {"username": "ada", "password": "wrong", **{f"field{n}": "1" for n in range(fields - 2)}}
        return client_of(World()).post("/api/v1/auth/token", data=form).status_code == 401

    return most(lambda fields: fields <= 2 or is_read(fields), 100)


def logged_path(monkeypatch: pytest.MonkeyPatch) -> int:
    """Characters of a long path in a request's log line."""
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(correlation, "log", Mock(info=lambda _, **fields: lines.append(fields)))
    client_of(World()).get(f"/{'x' * 1000}")
    return len(lines[0]["path"])


def fields_of_a_problem(_: pytest.MonkeyPatch) -> int:
    body = {"content_type": "audio/wav", **{f"unknown{n}": 1 for n in range(100)}}
    return len(client_of(World()).post(UPLOADS, json=body).json()["errors"])


def longest_visibility(_: pytest.MonkeyPatch) -> tuple[int, int, int]:
    """As a gap, in the adapter, and in the environment."""

    def in_the_adapter(seconds: int) -> bool:
        try:
            require_visibility(seconds)
        except ValueError:
            return False
        return True

    def in_the_environment(seconds: int) -> bool:
        env = {"VISIBILITY_TIMEOUT_SECONDS": str(seconds), "MAX_RECEIVE_COUNT": "3", "JOB_RETENTION_SECONDS": "9"}
        try:
            queue_limits(env)
        except ConfigurationError:
            return seconds == 0
        return True

    gap = QueueLimits(10**6, 3, 10**6).gap_seconds(2)
    return gap, most(in_the_adapter, 10**6), most(in_the_environment, 10**6)


def largest_setting(_: pytest.MonkeyPatch) -> int:
    def fits(number: int) -> bool:
        env = {"VISIBILITY_TIMEOUT_SECONDS": "1", "MAX_RECEIVE_COUNT": str(number), "JOB_RETENTION_SECONDS": "9"}
        try:
            queue_limits(env)
        except ConfigurationError:
            return number == 0
        return True

    return most(fits, 10**12)


async def logins(_: pytest.MonkeyPatch) -> tuple[int, int, int]:
    """How many passwords are hashed at once, how many wait, and how long the next one is asked to wait."""
    queue, release, hashing = LoginQueue(), threading.Event(), [0, 0]

    def hash_one() -> None:
        hashing[0] += 1
        hashing[1] = max(hashing)
        release.wait(10)
        hashing[0] -= 1

    tasks: list[asyncio.Task[None]] = []
    try:
        while True:
            tasks.append(asyncio.create_task(queue.run(hash_one)))
            await asyncio.sleep(0)
            refused = [each.exception() for each in tasks if each.done()]
            if refused:
                break
        while hashing[0] < queue._limiter.borrowed_tokens:
            await asyncio.sleep(0)
    finally:
        release.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    (error,) = refused
    assert isinstance(error, TooManyRequests)
    return hashing[1], len(tasks) - 1 - hashing[1], error.retry_after_seconds


def login_bytes(_: pytest.MonkeyPatch) -> int:
    with client_of(World()) as client:
        return most(lambda size: client.post("/api/v1/auth/token", content=b"x" * size).status_code == 422, 10_000)


def burst_of_one_a_second(_: pytest.MonkeyPatch) -> int:
    limits = RateLimits(World().clock, 1)

    def within(requests: int) -> bool:
        limits._buckets.clear()
        try:
            for _ in range(requests):
                limits.count("acme")
        except TooManyRequests:
            return False
        return True

    return most(within, 100)


def preflight_age(_: pytest.MonkeyPatch) -> str:
    services = replace(World().services({}), cors_allowed_origins=("https://app.example.com",))
    asked = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "GET"}
    answer = TestClient(create_app(services)).options(MEMORIES, headers=asked)
    return str(answer.headers["Access-Control-Max-Age"])


def refused_lines_in(patch: pytest.MonkeyPatch) -> tuple[int, list[float]]:
    """How many lines a flood of refused requests writes, and after how many seconds the next ones may follow."""
    windows: list[float] = []
    loop = Mock(call_later=lambda seconds, _: windows.append(seconds))
    patch.setattr(refused_lines.asyncio, "get_running_loop", lambda: loop)
    refused = refused_lines.RefusedLines()
    return sum(refused.admits(401) for _ in range(100)), windows


NOTICED: dict[str, tuple[Callable[[pytest.MonkeyPatch], Any], Any]] = {
    "api.bounded_threads.ANSWER_SECONDS": (answered_within, [15]),
    "api.bounded_threads.UPLOAD_THREADS": (threads_of("uploads"), 32),
    "api.bounded_threads.STORAGE_THREADS": (threads_of("storage"), 16),
    "api.bounded_threads.DATABASE_THREADS": (threads_of("database"), 32),
    "api.bounded_threads.METRICS_THREADS": (threads_of("metrics"), 1),
    "api.callers.login.LOGINS_AT_ONCE": (lambda patch: asyncio.run(logins(patch))[0], 2),
    "api.callers.login.LOGINS_WAITING": (lambda patch: asyncio.run(logins(patch))[1], 20),
    "api.callers.login.RETRY_AFTER_SECONDS": (lambda patch: asyncio.run(logins(patch))[2], 1),
    "api.callers.login.LOGIN_BYTES": (login_bytes, 4096),
    "api.callers.login.LOGIN_SECONDS": (login_within, [10]),
    "api.callers.login.MAX_FIELDS": (login_fields, 10),
    "api.middleware.correlation.LOGGED_CHARACTERS": (logged_path, 200),
    "api.problems.MOST_FIELDS": (fields_of_a_problem, 20),
    "api.callers.rate_limits.BURST_SECONDS": (burst_of_one_a_second, 5),
    "api.direct_uploads.UPLOAD_REQUEST_BYTES": (request_bytes, 4096),
    "api.direct_uploads.UPLOAD_REQUEST_SECONDS": (request_within, [10]),
    "api.events.POLL_SECONDS": (lambda patch: follow(patch)[0][0], 1),
    "api.events.STREAM_SECONDS": (lambda patch: sum(follow(patch)[0]), 25),
    "api.events.RECONNECT_AFTER_MILLISECONDS": (lambda patch: follow(patch)[1], "retry: 1000"),
    "api.health.CHECK_SECONDS": (checked_within, [3, 3]),
    "api.metrics.FIGURES_FRESH_FOR": (figures_read_again_after, 10),
    "api.problems.RETRY_AFTER_SECONDS": (retry_after, "5"),
    "api.middleware.cross_origin.PREFLIGHT_SECONDS": (preflight_age, "600"),
    "api.middleware.refused_lines.LINES": (lambda patch: refused_lines_in(patch)[0], 20),
    "api.middleware.refused_lines.WINDOW_SECONDS": (lambda patch: refused_lines_in(patch)[1], [10]),
    "api.middleware.unread_body.LINGER_SECONDS": (lambda patch: lingered_for(patch)[0], {10}),
    "api.middleware.unread_body.LINGER_IDLE_SECONDS": (lambda patch: lingered_for(patch)[1], {2}),
    "api.middleware.unread_body.LINGER_BYTES": (lambda patch: lingered_for(patch)[2], 52_428_800),
    "api.upload_form.FIELD_BYTES": (field_bytes, 4096),
    "api.fields.MAX_TITLE_CHARACTERS": (title_characters, 200),
    "api.capacity.places.STREAMS_AT_ONCE": (places_of("streams", "_in_all"), 200),
    "api.capacity.places.STREAMS_PER_TENANT": (places_of("streams", "_per_tenant"), 100),
    "api.capacity.places.UPLOADS_AT_ONCE": (places_of("uploads", "_in_all"), 200),
    "api.capacity.places.UPLOADS_PER_TENANT": (places_of("uploads", "_per_tenant"), 100),
    "api.uploads.PIECE_BYTES": (stored_piece_bytes, 2**18),
    "api.uploads.FORM_OVERHEAD_BYTES": (body_bytes, 26_214_400 + 65_536),
    "api.uploads.IDLE_SECONDS": (longest_reads, [30]),
    "api.uploads.STOP_SECONDS": (stop_waits_for, [5]),
    "api.uploads.UPLOAD_SECONDS": (longest_upload, [900]),
    "commands.dead_letters.MAX_DEAD_LETTERS": (dead_letters_read, 10_000),
    "commands.dead_letters.SAMPLES": (dead_letters_shown, 5),
    "commands.times._LONGEST_AGO": (longest_ago_days, 36_500),
    "log.SHORTEST_SECRET": (shortest_hidden, 6),
    "config.MAX_RECORDING_BYTES": (
        lambda patch: (body_bytes(patch), largest_direct_upload(patch)),
        (LIMIT_BYTES + 65_536, LIMIT_BYTES),
    ),
}
"""Constant → what is noticed, and what that is. The size of a recording is OpenAI's limit, which its simulator has."""


def caller_rate(_: pytest.MonkeyPatch) -> tuple[int, int]:
    env = dict.fromkeys(("AUDIO_BUCKET", "JOBS_QUEUE_URL", "DATABASE_URL", "API_KEYS_JSON"), "1")
    unset = config.api_settings({**env, "OUTBOX_GRACE_SECONDS": "1"}).caller_requests_per_second
    return unset, ApiServices.__dataclass_fields__["requests_per_second"].default


READ_AT_IMPORT: dict[str, tuple[Callable[[pytest.MonkeyPatch], Any], Any]] = {
    "api.memories.PAGE_LIMIT": (page_limit, 100),
    "api.metrics.BUCKETS_SECONDS": (
        buckets,
        ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "30.0", "60.0", "+Inf"],
    ),
    "config.CALLER_REQUESTS_PER_SECOND": (caller_rate, (200, 200)),
    "config.MAX_VISIBILITY_TIMEOUT_SECONDS": (longest_visibility, (43_200, 43_200, 43_200)),
    "config.whole_number.at_most": (largest_setting, 1_000_000_000),
}
"""Numbers that a test cannot change while it runs, as they are part of a signature or are SQS's own in several places.
What is noticed is compared with a number that stands here."""

ELSEWHERE = {"domain.messages.VERSION"}
"""No limit and no time: the version of a message's format, with tests of its own."""

HERE = ("api.", "commands.", "config.", "domain.", "worker.", "ports.", "log.", "aws_lambda.")


def test_every_number_of_the_api_is_here() -> None:
    found = {name for name in numbers() if not name.startswith(("adapters.", "composition.", "server."))}

    assert found == {*NOTICED, *READ_AT_IMPORT, *ELSEWHERE}
    assert all(name.startswith(HERE) for name in found)


@pytest.mark.parametrize("name", [*NOTICED, *READ_AT_IMPORT])
def test_a_number_is_what_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    notice, usual = (NOTICED | READ_AT_IMPORT)[name]
    assert notice(monkeypatch) == usual


@pytest.mark.parametrize("name", NOTICED)
@pytest.mark.parametrize("factor", [0.5, 2])
def test_a_changed_number_is_noticed(name: str, factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    notice, usual = NOTICED[name]
    number = numbers()[name]
    change(monkeypatch, name, _times(number, factor))
    assert notice(monkeypatch) != usual


def _times(number: Any, factor: float) -> Any:
    return round(number * factor) if isinstance(number, int) else number * factor


def title_by_form(client: TestClient, title: str) -> int:
    return client.post(MEMORIES, files={"audio": wav()}, data={"title": title}).status_code


def title_by_direct_upload(client: TestClient, title: str) -> int:
    return client.post(UPLOADS, json={"content_type": "audio/wav", "title": title}).status_code


@pytest.mark.parametrize("upload_with", [title_by_form, title_by_direct_upload])
def test_a_title_is_as_long_in_both_ways_to_upload(upload_with: Callable[[TestClient, str], int]) -> None:
    client = client_of(World())

    assert upload_with(client, "x" * 200) in (201, 202)
    assert upload_with(client, "x" * 201) == 422
