"""The endpoints under /api/v1/memories."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from rawk.domain.errors import QueueUnavailable, StorageUnavailable
from rawk.domain.memory import Analysis, FailureReason, Usage
from rawk.ports import AnalysisFailure, Claimed, ClaimRequest, MemoryFailure, NewTranscript
from tests.unit.api.conftest import GLOBEX
from tests.unit.api.forms import wav

MEMORIES = "/api/v1/memories"


def upload(client, content=None, *, headers=None, **fields):
    files = {"audio": ("memo.wav", wav() if content is None else content)}
    return client.post(MEMORIES, files=files, data=fields, headers=headers)


def claim(world, memory_id):
    now = world.clock.now()
    claim = world.memories.claim(
        ClaimRequest(memory_id, "message-1", world.randomness.new_id(), now + timedelta(seconds=330)), now
    )
    assert isinstance(claim, Claimed)
    return claim.lease


# upload


def test_a_recording_is_accepted_with_its_id_status_and_location(client, world):
    answer = upload(client, title="Standup", recorded_at="2026-11-20T10:00:00+02:00")

    assert answer.status_code == 202
    assert set(answer.json()) == {"id", "status"}
    assert answer.json()["status"] == "queued"
    assert answer.headers["Location"] == f"{MEMORIES}/{answer.json()['id']}"
    memory = world.memories.get("acme", answer.json()["id"])
    assert (memory.title, memory.recorded_at) == ("Standup", datetime(2026, 11, 20, 8, tzinfo=UTC))
    assert world.stored_audio() == {memory.audio_key: wav()}
    assert client.get(answer.headers["Location"]).json()["id"] == memory.id


def test_a_repeated_request_gives_the_same_memory(client, world):
    first = upload(client, headers={"Idempotency-Key": "walk the dog"})
    again = upload(client, headers={"Idempotency-Key": "walk the dog"})

    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["Location"] == first.headers["Location"]
    assert len(world.stored_audio()) == 1


def test_without_a_key_the_same_recording_is_another_memory(client):
    assert upload(client).json()["id"] != upload(client).json()["id"]


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there", "bell\x07"])
def test_an_idempotency_key_has_1_to_255_printable_characters(client, world, key):
    answer = upload(client, headers={"Idempotency-Key": key})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "header.Idempotency-Key"
    assert world.stored_audio() == {}


def test_the_longest_key_is_accepted(client):
    assert upload(client, headers={"Idempotency-Key": "~" * 255}).status_code == 202


def test_the_recording_is_accepted_though_the_queue_is_down(client, world):
    world.faults.add("queue.send", QueueUnavailable("no route to 10.0.0.7"))

    answer = upload(client)

    assert answer.status_code == 202
    assert world.outbox() == [answer.json()["id"]]


# read


def test_a_new_memory_is_shown_whole(client):
    memory_id = upload(client, title="Standup").json()["id"]

    assert client.get(f"{MEMORIES}/{memory_id}", headers={"X-Correlation-Id": "read"}).json() == {
        "id": memory_id,
        "status": "queued",
        "title": "Standup",
        "recorded_at": None,
        "created_at": "2026-11-20T12:00:00Z",
        "updated_at": "2026-11-20T12:00:00Z",
        "analysis_state": None,
        "failure": None,
        "audio": {"content_type": "audio/wav", "bytes": 2000},
        "transcript": None,
        "analysis": None,
        "analysis_due_at": None,
        "attempts": 0,
        "openai_calls": 0,
        "billed_seconds": 0.0,
        "correlation_id": client.get(f"{MEMORIES}/{memory_id}").json()["correlation_id"],
        "timings": {"seconds_to_transcript": None, "seconds_to_complete": None},
        "history": [{"number": 1, "status": "queued", "at": "2026-11-20T12:00:00Z"}],
    }


def test_a_complete_memory_shows_transcript_analysis_usage_and_timings(client, world):
    memory_id = upload(client).json()["id"]
    lease = claim(world, memory_id)
    world.pass_time(timedelta(seconds=4))
    world.memories.save_transcript(
        lease, NewTranscript("We ship.", Usage(1, 6.5), world.clock.now()), world.clock.now()
    )
    world.pass_time(timedelta(seconds=2.5))
    analysis = Analysis("Shipping", "They ship.", ("release",), ("Ada",), "positive")
    world.memories.save_analysis(lease, analysis, Usage(2, 0.0), world.clock.now())

    shown = client.get(f"{MEMORIES}/{memory_id}").json()

    assert (shown["status"], shown["transcript"], shown["analysis_state"]) == ("complete", "We ship.", "done")
    assert shown["analysis"] == {
        "title": "Shipping",
        "summary": "They ship.",
        "topics": ["release"],
        "people": ["Ada"],
        "mood": "positive",
    }
    assert (shown["attempts"], shown["openai_calls"], shown["billed_seconds"]) == (1, 3, 6.5)
    assert shown["timings"] == {"seconds_to_transcript": 4.0, "seconds_to_complete": 6.5}
    steps = [(change["number"], change["status"]) for change in shown["history"]]
    assert steps == [(1, "queued"), (2, "processing"), (3, "transcript_only"), (4, "complete")]


def test_a_failed_memory_shows_its_reason(client, world):
    memory_id = upload(client).json()["id"]
    lease = claim(world, memory_id)
    reason, detail = FailureReason.AUDIO_UNREADABLE, "The audio could not be read."
    world.memories.fail(lease, MemoryFailure("message-1", reason, detail, Usage(1, 0.0)), world.clock.now())

    shown = client.get(f"{MEMORIES}/{memory_id}").json()

    assert shown["status"] == "failed"
    assert shown["failure"] == {"reason": "audio_unreadable", "detail": detail}


def test_a_transcript_shows_that_its_analysis_was_given_up(client, world):
    memory_id = upload(client).json()["id"]
    lease = claim(world, memory_id)
    now = world.clock.now()
    world.memories.save_transcript(lease, NewTranscript("We ship.", Usage(1, 6.5), now), now)
    world.memories.postpone_analysis(
        lease, AnalysisFailure(FailureReason.ANALYSIS_REFUSED, "Refused.", Usage(1, 0.0), None), now
    )

    shown = client.get(f"{MEMORIES}/{memory_id}").json()

    assert (shown["status"], shown["analysis_state"]) == ("transcript_only", "gave_up")
    assert shown["failure"] == {"reason": "analysis_refused", "detail": "Refused."}


def test_the_history_is_never_newer_than_the_memory(client, world, monkeypatch):
    """Between the two reads a worker claims the memory."""
    memory_id = upload(client).json()["id"]
    get = world.memories.get

    def get_and_let_a_worker_in(tenant, wanted):
        memory = get(tenant, wanted)
        claim(world, memory_id)
        return memory

    monkeypatch.setattr(world.memories, "get", get_and_let_a_worker_in)
    shown = client.get(f"{MEMORIES}/{memory_id}").json()

    assert shown["status"] == "queued"
    assert [change["status"] for change in shown["history"]] == ["queued"]


def test_polling_costs_a_304_until_something_changes(client, world):
    place = upload(client).headers["Location"]
    first = client.get(place)
    etag = first.headers["ETag"]

    for seen in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        unchanged = client.get(place, headers={"If-None-Match": seen})
        assert (unchanged.status_code, unchanged.content, unchanged.headers["ETag"]) == (304, b"", etag)

    claim(world, first.json()["id"])
    changed = client.get(place, headers={"If-None-Match": etag})
    assert (changed.status_code, changed.json()["status"]) == (200, "processing")
    assert changed.headers["ETag"] != etag
    assert changed.headers["Cache-Control"] == "private, no-cache"


def test_an_id_in_capitals_is_the_same_id(client):
    memory_id = upload(client).json()["id"]

    assert client.get(f"{MEMORIES}/{memory_id.upper()}").json()["id"] == memory_id


@pytest.mark.parametrize("form", ["{%s}", "urn:uuid:%s", "%sx", " %s"])
def test_an_id_in_any_other_form_is_unknown(client, form):
    memory_id = upload(client).json()["id"]

    for method in ("GET", "DELETE"):
        assert client.request(method, f"{MEMORIES}/{form % memory_id}").status_code == 404


# list


def test_pages_follow_each_other_newest_first_without_gap_or_repetition(client, world):
    ids = []
    for _ in range(7):
        ids.append(upload(client).json()["id"])
        world.pass_time(timedelta(seconds=1))

    seen, cursor = [], None
    for expected in (3, 3, 1):
        page = client.get(MEMORIES, params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        assert len(page["memories"]) == expected
        seen += [memory["id"] for memory in page["memories"]]
        cursor = page["next_cursor"]

    assert cursor is None
    assert seen == ids[::-1]


def test_a_full_last_page_says_that_it_is_the_last(client):
    for _ in range(2):
        upload(client)

    assert client.get(MEMORIES, params={"limit": 2}).json()["next_cursor"] is None


def test_a_list_shows_no_transcripts(client):
    upload(client)

    [memory] = client.get(MEMORIES).json()["memories"]
    assert memory["audio"] == {"content_type": "audio/wav", "bytes": 2000}
    assert "transcript" not in memory


def test_a_list_can_be_of_one_status(client, world):
    first, second = upload(client).json()["id"], upload(client).json()["id"]
    claim(world, first)

    for status, expected in (("processing", [first]), ("queued", [second]), ("failed", [])):
        page = client.get(MEMORIES, params={"status": status}).json()
        assert [memory["id"] for memory in page["memories"]] == expected


@pytest.mark.parametrize("params", [{"status": "asleep"}, {"limit": 0}, {"limit": 101}, {"limit": "many"}])
def test_an_invalid_parameter_is_refused_by_its_name(client, params):
    answer = client.get(MEMORIES, params=params)

    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:rawk:problem:invalid-request"
    assert answer.json()["errors"][0]["field"] == f"query.{next(iter(params))}"


SOME_ID = "6f9c1e0b-7d0c-4a83-9d6c-2f3f3f9f8a55"
NOON = "2026-11-20T12:00:00+00:00"


def test_a_cursor_may_be_older_than_everything(client):
    upload(client)
    cursor = b64encode(json.dumps(["2001-01-01T00:00:00+00:00", SOME_ID]).encode()).decode()

    assert client.get(MEMORIES, params={"cursor": cursor}).json() == {"memories": [], "next_cursor": None}


@pytest.mark.parametrize(
    "content",
    [None, 1, [], {}, [1, 2], [NOON], [NOON, "x"], [NOON, 7], ["then", SOME_ID], ["2026-11-20T12:00:00", SOME_ID]],
)
def test_an_unknown_cursor_is_refused(client, content):
    cursor = b64encode(json.dumps(content).encode()).decode()

    answer = client.get(MEMORIES, params={"cursor": cursor})

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:rawk:problem:invalid-cursor")


@pytest.mark.parametrize("cursor", ["", "x", "ä", "bm9uc2Vuc2U", "===="])
def test_an_invalid_cursor_is_refused(client, cursor):
    assert client.get(MEMORIES, params={"cursor": cursor}).status_code == 422


# delete


def test_deleting_removes_memory_and_audio(client, world):
    place = upload(client).headers["Location"]

    answer = client.delete(place)

    assert (answer.status_code, answer.content) == (204, b"")
    assert client.get(place).status_code == 404
    assert client.delete(place).status_code == 404
    assert client.get(MEMORIES).json()["memories"] == []
    assert world.stored_audio() == {}


def test_a_memory_is_gone_even_when_its_audio_cannot_be_removed_now(client, world):
    place = upload(client).headers["Location"]
    world.faults.add("audio.delete", StorageUnavailable("gone"))

    assert client.delete(place).status_code == 204

    assert client.get(place).status_code == 404
    assert len(world.stored_audio()) == 1
    world.recover()
    assert world.stored_audio() == {}


def test_the_key_of_a_deleted_memory_is_gone_with_it(client):
    place = upload(client, headers={"Idempotency-Key": "k"}).headers["Location"]
    client.delete(place)

    again = upload(client, headers={"Idempotency-Key": "k"})

    assert (again.status_code, again.json()["type"]) == (410, "urn:rawk:problem:memory-deleted")


# tenants


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_memories_of_other_tenants_do_not_exist_for_the_client(client, method):
    """Another tenant's memory, an unknown id and an invalid id get the same response except for the path."""
    own = upload(client).json()["id"]
    answers = []
    for memory_id in (own, str(uuid4()), "nonsense", "%00", f"{{{own}}}", f"{own}x"):
        answer = client.request(method, f"{MEMORIES}/{memory_id}", headers=GLOBEX | {"X-Correlation-Id": "c"})
        answers.append({**answer.json(), "instance": ""})

    assert answers == [answers[0]] * 6
    assert (answers[0]["status"], answers[0]["type"]) == (404, "urn:rawk:problem:memory-not-found")
    assert client.get(f"{MEMORIES}/{own}").status_code == 200


def test_a_list_contains_the_clients_own_memories_only(client):
    upload(client)

    assert client.get(MEMORIES, headers=GLOBEX).json() == {"memories": [], "next_cursor": None}


def test_the_cursor_of_another_tenant_shows_nothing_of_its_memories(client):
    for _ in range(3):
        upload(client)
    cursor = client.get(MEMORIES, params={"limit": 1}).json()["next_cursor"]

    assert client.get(MEMORIES, params={"cursor": cursor}, headers=GLOBEX).json()["memories"] == []
