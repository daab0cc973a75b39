"""A part that hangs: every request is answered in bounded time, and those that do not need the part are not delayed."""

import asyncio
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import replace
from threading import Event, Lock, Thread, current_thread
from typing import Any

import anyio
import httpx
import pytest

from rawk.adapters import bounded_calls
from rawk.adapters.sqs.bounded import BoundedJobQueue
from rawk.api import bounded_threads, uploads
from rawk.api.app import create_app
from rawk.api.bounded_threads import BoundedThreads, ThreadGroups
from rawk.domain.errors import DatabaseUnavailable, QueueUnavailable, StorageUnavailable
from rawk.domain.messages import Job
from tests.unit.api.conftest import ACME
from tests.unit.api.forms import CONTENT_TYPE, audio, form, wav
from tests.unit.api.world import PROMETHEUS

LONG_SECONDS = 30
MANY = 80


class Hanging:
    """A method that waits until it is released, then does what it did before."""

    def __init__(self, port: Any, method: str) -> None:
        self.calls = 0
        self.ended = 0
        self._lock = Lock()
        self._released = Event()
        self._call = getattr(port, method)
        setattr(port, method, self)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        with self._lock:
            self.calls += 1
        assert self._released.wait(LONG_SECONDS)
        result = self._call(*arguments, **keywords)
        with self._lock:
            self.ended += 1
        return result

    def release(self) -> None:
        self._released.set()


class SilentSqs:
    """boto3's client of an SQS that answers nothing before `answer` is set."""

    def __init__(self) -> None:
        self.answer = Event()

    def send_message(self, **_: Any) -> None:
        assert self.answer.wait(LONG_SECONDS)
        raise ConnectionError


class ObservedQueue(BoundedJobQueue):
    """`waited` has one entry for each send that failed: whether it waited for SQS."""

    def __init__(self, client: Any, queue_url: str) -> None:
        super().__init__(client, queue_url)
        self.waited: list[bool] = []

    def send(self, job: Job) -> None:
        try:
            super().send(job)
        except QueueUnavailable as error:
            self.waited.append("no answer within" in str(error))
            raise


@pytest.fixture
def app(world):
    return create_app(world.services({"key-of-acme": "acme"}))


@pytest.fixture
def hangs(world) -> Iterator[Any]:
    made = []

    def hang(port: str, method: str) -> Hanging:
        made.append(Hanging(getattr(world, port), method))
        return made[-1]

    yield hang
    for each in made:
        each.release()


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(bounded_threads, "ANSWER_SECONDS", 0.05)


def client_of(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://api", headers={**ACME, **PROMETHEUS}, timeout=LONG_SECONDS
    )


async def upload(client: httpx.AsyncClient, size_bytes: int = 2_000) -> httpx.Response:
    headers = {"Content-Type": CONTENT_TYPE}
    return await client.post("/api/v1/memories", content=form(audio(wav(size_bytes))), headers=headers)


def answers(app: Any, *requests: tuple[str, str]) -> list[httpx.Response]:
    async def run() -> list[httpx.Response]:
        async with client_of(app) as client:
            return await asyncio.gather(*(client.request(method, path) for method, path in requests))

    return asyncio.run(run())


def accepted_memory(app: Any) -> str:
    async def run() -> str:
        async with client_of(app) as client:
            return (await upload(client)).json()["id"]

    return asyncio.run(run())


def begun_upload(app: Any, world: Any) -> str:
    async def run() -> str:
        async with client_of(app) as client:
            begun = (await client.post("/api/v1/uploads", json={"content_type": "audio/wav"})).json()
            world.audio.put(begun["form"]["fields"]["key"], wav(), "audio/wav")
            return begun["id"]

    return asyncio.run(run())


def test_many_uploads_that_hang_at_the_store_delay_no_other_request(app, world, hangs):
    memory_id = accepted_memory(app)
    store = hangs("audio", "put")

    async def run() -> None:
        async with client_of(app) as client:
            uploads = [asyncio.create_task(upload(client)) for _ in range(MANY)]
            while store.calls < bounded_threads.UPLOAD_THREADS:
                await asyncio.sleep(0)
            for path in ("/healthz", "/api/v1/health", "/api/v1/memories", f"/api/v1/memories/{memory_id}"):
                assert (await client.get(path)).status_code == 200, path
            assert (await client.get(f"/api/v1/memories/{memory_id}/audio")).status_code == 307
            assert (await client.delete(f"/api/v1/memories/{memory_id}")).status_code == 204
            store.release()
            assert {(await each).status_code for each in uploads} == {202}

    asyncio.run(run())
    assert len(world.sent_jobs()) == MANY + 1


def test_many_audio_links_that_hang_at_the_store_delay_no_request_of_the_database(app, hangs):
    memory_id = accepted_memory(app)
    store = hangs("audio", "head")

    async def run() -> None:
        async with client_of(app) as client:
            links = [asyncio.create_task(client.get(f"/api/v1/memories/{memory_id}/audio")) for _ in range(MANY)]
            while store.calls < bounded_threads.STORAGE_THREADS:
                await asyncio.sleep(0)
            assert (await client.get("/api/v1/memories")).status_code == 200
            assert (await upload(client)).status_code == 202
            store.release()
            assert {(await each).status_code for each in links} == {307}

    asyncio.run(run())


def test_an_upload_that_hangs_at_the_store_is_answered_and_leaves_nothing(app, world, hangs, hasty):  # noqa: ARG001
    store = hangs("audio", "put")

    async def run() -> list[httpx.Response]:
        async with client_of(app) as client:
            return await asyncio.gather(*(upload(client) for _ in range(MANY)))

    for answer in asyncio.run(run()):
        assert (answer.status_code, answer.json()["part"]) == (503, "storage")
        assert answer.headers["Retry-After"] == "5"
    assert store.calls <= bounded_threads.UPLOAD_THREADS  # what found no thread in time is not stored later

    store.release()
    app.state.threads.uploads._threads.shutdown(wait=True)
    late = store.ended
    assert len(world.memories.page("acme", None, None, 100)) == len(world.stored_audio()) == late


def test_a_large_upload_that_hangs_before_its_end_is_aborted_when_the_store_goes_on(
    app,
    world,
    hasty,  # noqa: ARG001
    monkeypatch,
):
    released, ended = Event(), Event()
    write = uploads.Recording.write

    def write_late(recording: Any, piece: bytes) -> None:
        assert released.wait(LONG_SECONDS)
        write(recording, piece)

    monkeypatch.setattr(uploads.Recording, "write", write_late)
    calls = world.faults.calls

    async def run() -> httpx.Response:
        async with client_of(app) as client:
            return await upload(client, 3 * uploads.PIECE_BYTES)

    assert asyncio.run(run()).status_code == 503
    released.set()
    while "upload.abort" not in calls:
        assert not ended.wait(0.001)
    assert world.stored_audio() == {}
    assert world.memories.page("acme", None, None, 100) == []


READS_AND_CHANGES = {
    "list": ("GET", "/api/v1/memories", "page"),
    "read": ("GET", "/api/v1/memories/{id}", "get"),
    "history": ("GET", "/api/v1/memories/{id}", "history"),
    "events": ("GET", "/api/v1/memories/{id}/events", "summary"),
    "retry": ("POST", "/api/v1/memories/{id}/retry", "retry"),
    "analysis": ("POST", "/api/v1/memories/{id}/analysis", "retry_analysis"),
    "delete": ("DELETE", "/api/v1/memories/{id}", "delete"),
}


@pytest.mark.parametrize("what", READS_AND_CHANGES)
def test_a_request_that_hangs_at_the_database_is_answered(app, hangs, hasty, what):  # noqa: ARG001
    memory_id = accepted_memory(app)
    method, path, call = READS_AND_CHANGES[what]
    hangs("memories", call)

    [answer] = answers(app, (method, path.format(id=memory_id)))

    assert (answer.status_code, answer.json()["part"]) == (503, "database")
    assert answer.headers["Retry-After"] == "5"


def test_scrapes_of_the_metrics_that_hang_are_answered_and_delay_no_other_request(app, hangs, hasty):  # noqa: ARG001
    hangs("memories", "figures")

    *scrapes, alive, ready, listed = answers(
        app, *[("GET", "/metrics")] * MANY, ("GET", "/healthz"), ("GET", "/api/v1/health"), ("GET", "/api/v1/memories")
    )

    assert {(scrape.status_code, scrape.json()["part"]) for scrape in scrapes} == {(503, "database")}
    assert [answer.status_code for answer in (alive, ready, listed)] == [200, 200, 200]


@pytest.mark.parametrize(("port", "call"), [("audio", "head"), ("memories", "get"), ("memories", "submit_upload")])
def test_a_submission_that_hangs_is_answered(app, world, hangs, hasty, port, call):  # noqa: ARG001
    memory_id = begun_upload(app, world)
    hangs(port, call)

    [answer] = answers(app, ("POST", f"/api/v1/memories/{memory_id}/submit"))

    assert (answer.status_code, answer.json()["type"]) == (503, "urn:rawk:problem:storage-unavailable")


@pytest.mark.parametrize(("port", "call"), [("audio", "head"), ("memories", "get")])
def test_an_audio_link_that_hangs_is_answered(app, hangs, hasty, port, call):  # noqa: ARG001
    memory_id = accepted_memory(app)
    hangs(port, call)

    [answer] = answers(app, ("GET", f"/api/v1/memories/{memory_id}/audio"))

    assert answer.status_code == 503


def test_a_running_api_has_started_all_of_its_threads(app):
    """A burst of requests starts none: the event loop would wait for each."""
    threads = app.state.threads
    groups = (threads.uploads, threads.storage, threads.database, threads.metrics)

    async def run() -> list[int]:
        async with app.router.lifespan_context(app):
            return [len(group._threads._threads) for group in groups]

    assert asyncio.run(run()) == [
        bounded_threads.UPLOAD_THREADS,
        bounded_threads.STORAGE_THREADS,
        bounded_threads.DATABASE_THREADS,
        bounded_threads.METRICS_THREADS,
    ]


def test_a_thread_that_cannot_be_started_leaves_no_other_one_waiting(monkeypatch):
    """Python's exit waits for them: an API that cannot start must end."""
    threads, start, started = BoundedThreads("test", 3, StorageUnavailable), Thread.start, []

    def start_two(thread: Thread) -> None:
        if len(started) == 2:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(Thread, "start", start_two)

    with pytest.raises(RuntimeError, match="can't start new thread"):
        threads.start_all()

    threads.close()
    for thread in started:
        thread.join(1)
    assert [thread.is_alive() for thread in started] == [False, False]


def test_a_queue_that_hangs_delays_many_uploads_once_not_one_after_the_other(world, monkeypatch):
    """The uploads that waited for a thread meet the pause, and make no call that would hang as well."""
    monkeypatch.setattr(bounded_calls, "TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(bounded_calls, "monotonic", lambda: 1000.0)  # a slow machine does not end the pause
    sqs = SilentSqs()
    queue = ObservedQueue(sqs, "http://sqs/1/jobs")
    services = world.services({"key-of-acme": "acme"})
    app = create_app(replace(services, intake=replace(services.intake, queue=queue)))

    async def run() -> list[httpx.Response]:
        async with client_of(app) as client:
            return await asyncio.gather(*(upload(client) for _ in range(MANY)))

    try:
        assert {answer.status_code for answer in asyncio.run(run())} == {202}
        assert len(queue.waited) == MANY
        assert 0 < queue.waited.count(True) <= bounded_threads.UPLOAD_THREADS
        assert len(set(world.outbox())) == MANY
    finally:
        sqs.answer.set()
        queue.close()


def test_the_result_and_the_failure_of_a_call_are_its_callers():
    threads = BoundedThreads("test", 1, StorageUnavailable)

    assert asyncio.run(threads.run(int, "7")) == 7
    with pytest.raises(ZeroDivisionError):
        asyncio.run(threads.run(lambda: 1 / 0))
    threads.close()


def test_to_close_does_not_wait_for_a_call_that_hangs_and_drops_the_calls_that_wait_for_a_thread():
    groups = ThreadGroups()
    hangs, made, began = Event(), [], Event()
    group = groups.metrics

    def hang() -> None:
        began.set()
        assert hangs.wait(LONG_SECONDS)

    group.start(hang)
    assert began.wait(LONG_SECONDS)
    waiting = group.start(lambda: made.append("made"))
    closing = Thread(target=groups.close)
    closing.start()
    closing.join(LONG_SECONDS / 3)
    closed_meanwhile = not closing.is_alive()
    hangs.set()
    group._threads.shutdown(wait=True)

    assert closed_meanwhile
    assert waiting.cancelled()
    assert made == []
    for each in (groups.uploads, groups.storage, groups.database, groups.metrics):
        with pytest.raises(RuntimeError, match="after shutdown"):
            each.start(list)


def test_a_call_has_the_context_of_its_caller():
    """The correlation id of the request, for its log lines."""
    correlation: ContextVar[str] = ContextVar("correlation", default="none")
    threads = BoundedThreads("test", 1, StorageUnavailable)

    async def run(value: str) -> str:
        correlation.set(value)
        return await threads.run(correlation.get)

    assert [asyncio.run(run("one")), asyncio.run(run("two"))] == ["one", "two"]
    threads.close()


def test_a_call_gets_its_arguments_and_a_thread_the_name_of_its_group():
    threads = BoundedThreads("group", 1, StorageUnavailable)

    async def run() -> Any:
        return await threads.run(lambda *given, **named: (given, named, current_thread().name), 1, 2, key="value")

    given, named, thread = asyncio.run(run())
    assert (given, named) == ((1, 2), {"key": "value"})
    assert thread.startswith("group")
    threads.close()


@pytest.mark.parametrize("group", ["uploads", "storage", "database", "metrics"])
def test_a_dump_of_the_threads_shows_the_group_of_each(group):
    groups = ThreadGroups()

    name = getattr(groups, group).start(lambda: current_thread().name).result(LONG_SECONDS)

    assert name.startswith(f"{group}_")
    groups.close()


def test_the_answer_of_a_call_is_awaited_to_its_end_after_its_request_was_cancelled():
    """What the call wrote is not unknown to its caller."""
    threads, released, answers = BoundedThreads("test", 1, StorageUnavailable), Event(), []

    async def release_later() -> None:
        for _ in range(20):
            await asyncio.sleep(0)
        released.set()

    async def run() -> None:
        releasing = asyncio.create_task(release_later())
        with anyio.CancelScope() as request:
            request.cancel()
            answers.append(await threads.run(released.wait, LONG_SECONDS))
        released.set()
        await releasing

    asyncio.run(run())
    assert answers == [True]
    threads.close()


@pytest.mark.parametrize("unavailable", [StorageUnavailable, DatabaseUnavailable])
def test_a_call_without_a_result_in_time_is_the_group_s_failure(hasty, unavailable):  # noqa: ARG001
    threads, hangs = BoundedThreads("test", 1, unavailable), Event()

    with pytest.raises(unavailable, match=r"no answer within 0\.05 s"):
        asyncio.run(threads.run(hangs.wait, LONG_SECONDS))

    hangs.set()
    threads.close()


def test_the_bounds():
    assert bounded_threads.ANSWER_SECONDS == 15
    groups = ThreadGroups()
    assert (bounded_threads.UPLOAD_THREADS, bounded_threads.STORAGE_THREADS) == (32, 16)
    assert (bounded_threads.DATABASE_THREADS, bounded_threads.METRICS_THREADS) == (32, 1)
    assert groups.uploads._unavailable is groups.storage._unavailable is StorageUnavailable
    assert groups.database._unavailable is groups.metrics._unavailable is DatabaseUnavailable
    groups.close()
