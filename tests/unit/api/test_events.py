"""Event streams: every status once, in order, however often the connection breaks."""

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
def short_polls(monkeypatch):
    monkeypatch.setattr(events, "POLL_SECONDS", 0.001)


def stream_of(client, memory_id, last_event_id=None):
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


def statuses_of(stream):
    return [(event_id, data["status"]) for event, event_id, data in stream if event == "status"]


def run_during_the_stream(world, monkeypatch, *steps: Callable[[], object]):
    """Run one step before each read of the memory after the first."""
    summary, waiting = world.memories.summary, list(steps)
    looks = 0

    def get_after_a_step(tenant, memory_id):
        nonlocal looks
        looks += 1
        if looks > 1 and waiting:
            waiting.pop(0)()
        return summary(tenant, memory_id)

    monkeypatch.setattr(world.memories, "summary", get_after_a_step)


class Life:
    """The steps that one memory can take."""

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
    run_during_the_stream(world, monkeypatch, life.taken_up, lambda: None, life.transcribed, life.analysed)

    stream = stream_of(client, life.id)

    assert statuses_of(stream) == [("1", "queued"), ("2", "processing"), ("3", "transcript_only"), ("4", "complete")]
    assert stream[-1][2] == {
        "id": life.id,
        "status": "complete",
        "at": "2026-11-20T12:00:00Z",
        "analysis_state": "done",
        "failure": None,
    }


def test_a_late_client_gets_the_whole_history(client, life):
    for step in (life.taken_up, life.transcribed, life.analysed):
        step()

    assert [number for number, _ in statuses_of(stream_of(client, life.id))] == ["1", "2", "3", "4"]


def test_received_events_are_not_sent_again(client, world, life, monkeypatch):
    life.taken_up()
    run_during_the_stream(world, monkeypatch, life.transcribed, life.analysed)

    assert statuses_of(stream_of(client, life.id, "2")) == [("3", "transcript_only"), ("4", "complete")]


@pytest.mark.parametrize("last_event_id", ["", "five", "-1", "2-gave_upx", "9" * 10])
def test_an_invalid_last_event_id_gets_the_whole_history(client, life, last_event_id):
    for step in (life.taken_up, life.failed):
        step()

    assert statuses_of(stream_of(client, life.id, last_event_id)) == [
        ("1", "queued"),
        ("2", "processing"),
        ("3", "failed"),
    ]


def test_a_failure_comes_with_its_reason(client, life):
    for step in (life.taken_up, life.failed):
        step()

    assert stream_of(client, life.id)[-1][2]["failure"] == {"reason": "audio_unreadable", "detail": "Noise."}


def test_a_given_up_analysis_ends_the_stream_with_its_own_event(client, world, life, monkeypatch):
    life.taken_up()
    run_during_the_stream(world, monkeypatch, life.transcribed, life.given_up)

    stream = stream_of(client, life.id, "2")

    assert statuses_of(stream) == [("3", "transcript_only"), ("3-gave_up", "transcript_only")]
    assert [data["analysis_state"] for _, _, data in stream] == ["pending", "gave_up"]
    assert stream[-1][2]["failure"]["reason"] == "analysis_refused"


@pytest.mark.parametrize(
    ("steps", "last"),
    [(("taken_up", "transcribed", "analysed"), "4"), (("taken_up", "transcribed", "given_up"), "3-gave_up")],
)
def test_a_client_that_has_every_event_gets_a_204(client, life, steps, last):
    for step in steps:
        getattr(life, step)()

    answer = client.get(f"{MEMORIES}/{life.id}/events", headers={"Last-Event-ID": last})

    assert (answer.status_code, answer.content) == (204, b"")


def test_a_stream_continues_after_a_retry_from_the_failure(client, world, life, monkeypatch):
    for step in (life.taken_up, life.failed):
        step()
    client.post(f"{MEMORIES}/{life.id}/retry")
    run_during_the_stream(world, monkeypatch, life.taken_up, life.transcribed, life.analysed)

    stream = statuses_of(stream_of(client, life.id, "3"))

    assert stream == [("4", "queued"), ("5", "processing"), ("6", "transcript_only"), ("7", "complete")]


def test_a_deletion_ends_the_stream(client, world, life, monkeypatch):
    run_during_the_stream(world, monkeypatch, life.deleted)

    assert stream_of(client, life.id)[-1] == ("deleted", "", {"id": life.id})


def test_a_short_database_outage_does_not_end_the_stream(client, world, life, monkeypatch):
    def hiccup():
        raise DatabaseUnavailable("at 10.0.0.7")

    run_during_the_stream(world, monkeypatch, life.taken_up, hiccup, life.failed)

    stream = stream_of(client, life.id)

    assert ("", "", "the database does not answer") in stream
    assert statuses_of(stream) == [("1", "queued"), ("2", "processing"), ("3", "failed")]


# with notifications


class Attended(InMemoryStatusNotifications):
    """Run one step in another thread each time a stream has begun to wait."""

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


def test_a_notification_wakes_a_stream(client, world, life, monkeypatch):
    monkeypatch.setattr(events, "POLL_SECONDS", 20)
    world.notifications = Attended(life.taken_up, life.transcribed, life.analysed)
    life.world.memories = PublishingMemoryStore(world.memories, world.notifications)
    client.app.state.services = world.services({})

    stream = statuses_of(stream_of(client, life.id))

    assert stream == [("1", "queued"), ("2", "processing"), ("3", "transcript_only"), ("4", "complete")]
    assert world.notifications.waits == [True] * 4  # the first one: the subscription is active


def test_a_deletion_wakes_a_stream(client, world, life, monkeypatch):
    monkeypatch.setattr(events, "POLL_SECONDS", 20)
    world.notifications = Attended(life.deleted)
    life.world.memories = PublishingMemoryStore(world.memories, world.notifications)
    client.app.state.services = world.services({})

    assert stream_of(client, life.id)[-1] == ("deleted", "", {"id": life.id})
    assert world.notifications.waits == [True] * 2


def test_a_stream_sends_changes_without_a_notification(client, world, life):
    world.notifications = Attended(life.taken_up, life.transcribed, life.analysed)
    client.app.state.services = world.services({})

    assert [number for number, _ in statuses_of(stream_of(client, life.id))] == ["1", "2", "3", "4"]
    assert world.notifications.waits == [True] + [False] * 3


def test_an_ended_stream_is_unsubscribed(client, world, life, monkeypatch):
    monkeypatch.setattr(events, "STREAM_SECONDS", 0.05)
    world.notifications = Attended()
    client.app.state.services = world.services({})

    stream_of(client, life.id)

    assert not world.notifications._subscribers


def test_a_stream_ends_although_nothing_happens(client, life, monkeypatch):
    monkeypatch.setattr(events, "STREAM_SECONDS", 0.05)

    assert statuses_of(stream_of(client, life.id)) == [("1", "queued")]


def test_a_stream_is_refused_like_any_other_call(client, world, life):
    place = f"{MEMORIES}/{life.id}/events"

    assert client.get(place, headers=GLOBEX).status_code == 404
    assert client.get(place, headers={"X-API-Key": "guessed"}).status_code == 401
    assert client.get(f"{MEMORIES}/nonsense/events").status_code == 404
    world.faults.add("memories.summary", DatabaseUnavailable("gone"))
    assert client.get(place).status_code == 503


def test_neither_a_stream_nor_a_list_reads_a_transcript(client, world, life):
    life.taken_up()
    life.transcribed()
    life.analysed()
    world.faults.calls.clear()

    assert stream_of(client, life.id)
    assert client.get(MEMORIES).json()["memories"][0]["id"] == life.id

    assert {call for call in world.faults.calls if call.startswith("memories.")} == {
        "memories.summary",
        "memories.history",
        "memories.page",
    }
