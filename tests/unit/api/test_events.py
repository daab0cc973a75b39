"""Following a memory: every status once, in order, however often the line breaks."""

import json
from collections.abc import Callable
from contextlib import asynccontextmanager
from functools import partial
from types import SimpleNamespace

import pytest
from fastapi.concurrency import run_in_threadpool

from rawk.adapters.redis.in_memory import InMemoryStatusNotifications
from rawk.adapters.redis.publishing_store import PublishingMemoryStore
from rawk.api import events
from rawk.domain.errors import DatabaseUnavailable
from rawk.domain.memory import Analysis, FailureReason, Usage
from rawk.ports import AnalysisFailure, MemoryFailure, NewTranscript
from tests.unit.api.conftest import GLOBEX
from tests.unit.api.test_memories import MEMORIES, claim, upload


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(events, "POLL_SECONDS", 0.001)


def follow(client, memory_id, last_event_id=None):
    """The stream to its end: (event, id, data) of each, and comments as ("", "", text)."""
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    answer = client.get(f"{MEMORIES}/{memory_id}/events", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.headers["Cache-Control"] == "no-store"
    first, *blocks = [block for block in answer.text.split("\n\n") if block]
    assert first == "retry: 1000"
    return [parsed(block) for block in blocks]


def parsed(block):
    if block.startswith(": "):
        return "", "", block[2:]
    fields = dict(line.split(": ", 1) for line in block.splitlines())
    return fields["event"], fields.get("id", ""), json.loads(fields["data"])


def told(stream):
    return [(event_id, data["status"]) for event, event_id, data in stream if event == "status"]


def happens_while_followed(world, monkeypatch, *steps: Callable[[], object]):
    """One step before every look that the server takes after its first."""
    get, waiting = world.memories.get, list(steps)
    looks = 0

    def get_after_a_step(tenant, memory_id):
        nonlocal looks
        looks += 1
        if looks > 1 and waiting:
            waiting.pop(0)()
        return get(tenant, memory_id)

    monkeypatch.setattr(world.memories, "get", get_after_a_step)


class Life:
    """What may happen to one memory."""

    def __init__(self, client, world):
        self.world = world
        self.id = upload(client).json()["id"]
        self.lease = None

    def now(self):
        return self.world.clock.now()

    def taken_up(self):
        self.lease = claim(self.world, self.id)

    def transcribed(self):
        self.world.memories.save_transcript(
            self.lease, NewTranscript("We ship.", Usage(1, 6.5), self.now()), self.now()
        )

    def analysed(self):
        analysis = Analysis("Shipping", "They ship.", (), (), "positive")
        self.world.memories.save_analysis(self.lease, analysis, Usage(1, 0.0), self.now())

    def given_up(self):
        reason = FailureReason.ANALYSIS_REFUSED
        self.world.memories.postpone_analysis(
            self.lease, AnalysisFailure(reason, "Refused.", Usage(1, 0.0), None), self.now()
        )

    def failed(self):
        reason = FailureReason.AUDIO_UNREADABLE
        self.world.memories.fail(self.lease, MemoryFailure("message-1", reason, "Noise.", Usage(1, 0.0)), self.now())

    def deleted(self):
        self.world.memories.delete("acme", self.id, self.now())


@pytest.fixture
def life(client, world):
    return Life(client, world)


def test_each_status_comes_as_it_happens_and_the_last_ends_it(client, world, life, monkeypatch):
    happens_while_followed(world, monkeypatch, life.taken_up, lambda: None, life.transcribed, life.analysed)

    stream = follow(client, life.id)

    assert told(stream) == [("1", "queued"), ("2", "processing"), ("3", "transcript_only"), ("4", "complete")]
    assert stream[-1][2] == {
        "id": life.id,
        "status": "complete",
        "at": "2026-11-20T12:00:00Z",
        "analysis_state": "done",
        "failure": None,
    }


def test_whoever_comes_late_is_told_all_of_it(client, life):
    for step in (life.taken_up, life.transcribed, life.analysed):
        step()

    assert [number for number, _ in told(follow(client, life.id))] == ["1", "2", "3", "4"]


def test_what_was_seen_does_not_come_again(client, world, life, monkeypatch):
    life.taken_up()
    happens_while_followed(world, monkeypatch, life.transcribed, life.analysed)

    assert told(follow(client, life.id, "2")) == [("3", "transcript_only"), ("4", "complete")]


@pytest.mark.parametrize("last_event_id", ["", "five", "-1", "2-gave_upx", "9" * 10])
def test_of_what_is_no_id_of_ours_nothing_was_seen(client, life, last_event_id):
    for step in (life.taken_up, life.failed):
        step()

    assert told(follow(client, life.id, last_event_id)) == [("1", "queued"), ("2", "processing"), ("3", "failed")]


def test_a_failure_comes_with_its_reason(client, life):
    for step in (life.taken_up, life.failed):
        step()

    assert follow(client, life.id)[-1][2]["failure"] == {"reason": "audio_unreadable", "detail": "Noise."}


def test_a_given_up_analysis_ends_it_with_an_event_of_its_own(client, world, life, monkeypatch):
    life.taken_up()
    happens_while_followed(world, monkeypatch, life.transcribed, life.given_up)

    stream = follow(client, life.id, "2")

    assert told(stream) == [("3", "transcript_only"), ("3-gave_up", "transcript_only")]
    assert [data["analysis_state"] for _, _, data in stream] == ["pending", "gave_up"]
    assert stream[-1][2]["failure"]["reason"] == "analysis_refused"


@pytest.mark.parametrize(
    ("steps", "last"),
    [(("taken_up", "transcribed", "analysed"), "4"), (("taken_up", "transcribed", "given_up"), "3-gave_up")],
)
def test_whoever_has_seen_the_end_is_told_not_to_come_back(client, life, steps, last):
    for step in steps:
        getattr(life, step)()

    answer = client.get(f"{MEMORIES}/{life.id}/events", headers={"Last-Event-ID": last})

    assert (answer.status_code, answer.content) == (204, b"")


def test_a_retry_is_followed_from_where_it_failed(client, world, life, monkeypatch):
    for step in (life.taken_up, life.failed):
        step()
    client.post(f"{MEMORIES}/{life.id}/retry")
    happens_while_followed(world, monkeypatch, life.taken_up, life.transcribed, life.analysed)

    stream = told(follow(client, life.id, "3"))

    assert stream == [("4", "queued"), ("5", "processing"), ("6", "transcript_only"), ("7", "complete")]


def test_a_deletion_ends_it(client, world, life, monkeypatch):
    happens_while_followed(world, monkeypatch, life.deleted)

    assert follow(client, life.id)[-1] == ("deleted", "", {"id": life.id})


def test_a_database_that_hiccups_does_not_end_it(client, world, life, monkeypatch):
    def hiccup():
        raise DatabaseUnavailable("at 10.0.0.7")

    happens_while_followed(world, monkeypatch, life.taken_up, hiccup, life.failed)

    stream = follow(client, life.id)

    assert ("", "", "the database does not answer") in stream
    assert told(stream) == [("1", "queued"), ("2", "processing"), ("3", "failed")]


# with news


class Attended(InMemoryStatusNotifications):
    """Something happens, in another thread, each time a stream has begun to wait."""

    def __init__(self, *steps):
        super().__init__()
        self.steps = list(steps)
        self.waits = []

    @asynccontextmanager
    async def subscribe(self, memory_id):
        async with super().subscribe(memory_id) as subscription:
            yield SimpleNamespace(changed=partial(self._changed, subscription))

    async def _changed(self, subscription, up_to_seconds):
        if self.waits and self.steps:
            await run_in_threadpool(self.steps.pop(0))
        self.waits.append(await subscription.changed(up_to_seconds))
        return self.waits[-1]


def test_news_wake_a_stream_up(client, world, life, monkeypatch):
    monkeypatch.setattr(events, "POLL_SECONDS", 20)
    world.notifications = Attended(life.taken_up, life.transcribed, life.analysed)
    life.world.memories = PublishingMemoryStore(world.memories, world.notifications)
    client.app.state.services = world.services({})

    stream = told(follow(client, life.id))

    assert stream == [("1", "queued"), ("2", "processing"), ("3", "transcript_only"), ("4", "complete")]
    assert world.notifications.waits == [True] * 4  # the first said that it hears


def test_a_deletion_is_news_too(client, world, life, monkeypatch):
    monkeypatch.setattr(events, "POLL_SECONDS", 20)
    world.notifications = Attended(life.deleted)
    life.world.memories = PublishingMemoryStore(world.memories, world.notifications)
    client.app.state.services = world.services({})

    assert follow(client, life.id)[-1] == ("deleted", "", {"id": life.id})
    assert world.notifications.waits == [True] * 2


def test_what_nobody_announced_is_seen_all_the_same(client, world, life):
    world.notifications = Attended(life.taken_up, life.transcribed, life.analysed)
    client.app.state.services = world.services({})

    assert [number for number, _ in told(follow(client, life.id))] == ["1", "2", "3", "4"]
    assert world.notifications.waits == [True] + [False] * 3


def test_a_stream_that_is_over_is_followed_by_nobody(client, world, life, monkeypatch):
    monkeypatch.setattr(events, "STREAM_SECONDS", 0.05)
    world.notifications = Attended()
    client.app.state.services = world.services({})

    follow(client, life.id)

    assert not world.notifications._subscribers


def test_a_stream_has_an_end_though_nothing_happens(client, life, monkeypatch):
    monkeypatch.setattr(events, "STREAM_SECONDS", 0.05)

    assert told(follow(client, life.id)) == [("1", "queued")]


def test_before_it_begins_it_is_refused_as_any_other_call(client, world, life):
    place = f"{MEMORIES}/{life.id}/events"

    assert client.get(place, headers=GLOBEX).status_code == 404
    assert client.get(place, headers={"X-API-Key": "guessed"}).status_code == 401
    assert client.get(f"{MEMORIES}/nonsense/events").status_code == 404
    world.faults.add("memories.get", DatabaseUnavailable("gone"))
    assert client.get(place).status_code == 503
