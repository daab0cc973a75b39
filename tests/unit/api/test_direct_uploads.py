"""`POST /uploads` and `POST /memories/{id}/submit`, as a client sees them."""

from datetime import UTC, datetime

import pytest

from rawk.api.direct_uploads import UPLOAD_REQUEST_BYTES
from rawk.domain.errors import DatabaseUnavailable, QueueUnavailable, StorageUnavailable
from rawk.ports import AudioForm
from tests.unit.api.conftest import GLOBEX
from tests.unit.api.forms import wav

UPLOADS = "/api/v1/uploads"


def begin(client, *, headers=None, **said):
    return client.post(UPLOADS, json={"content_type": "audio/wav"} | said, headers=headers)


def upload(world, begun, content=None):
    form = begun.json()["form"]
    return world.audio.receive(AudioForm(form["url"], form["fields"]), wav() if content is None else content)


def submit(client, begun, **more):
    return client.post(f"{begun.headers['Location']}/submit", **more)


def test_an_upload_begins_with_a_form_and_a_location(client, world):
    answer = begin(client, title=" Standup ", recorded_at="2026-11-20T10:00:00+02:00")

    assert answer.status_code == 201
    begun = answer.json()
    assert set(begun) == {"id", "status", "form"}
    assert begun["status"] == "uploading"
    assert answer.headers["Location"] == f"/api/v1/memories/{begun['id']}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert begun["form"]["expires_at"] == "2026-11-20T12:15:00Z"
    shown = client.get(answer.headers["Location"]).json()
    assert (shown["status"], shown["title"]) == ("uploading", "Standup")
    assert shown["audio"] == {"content_type": "audio/wav", "bytes": 0}
    memory = world.memories.get("acme", begun["id"])
    assert memory.recorded_at == datetime(2026, 11, 20, 8, tzinfo=UTC)


def test_an_uploaded_recording_is_accepted_once_it_is_submitted(client, world):
    begun = begin(client)
    assert upload(world, begun)

    first, again = submit(client, begun), submit(client, begun)

    assert (first.status_code, first.json()) == (202, {"id": begun.json()["id"], "status": "queued"})
    assert (again.status_code, again.json()) == (202, first.json())
    assert first.headers["Location"] == begun.headers["Location"]
    assert [job.memory_id for job in world.sent_jobs()] == [begun.json()["id"]]


def test_a_repeated_request_gives_the_same_memory_and_no_form_once_it_is_submitted(client, world):
    key = {"Idempotency-Key": "walk the dog"}
    first, again = begin(client, headers=key), begin(client, headers=key)
    assert first.json()["id"] == again.json()["id"]
    upload(world, again)
    submit(client, again)

    last = begin(client, headers=key)

    assert (last.status_code, last.json()) == (201, {"id": first.json()["id"], "status": "queued", "form": None})
    other = begin(client, headers=key, title="Other")
    assert (other.status_code, other.json()["type"]) == (409, "urn:rawk:problem:idempotency-conflict")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"not JSON", "body"),
        (b"[]", "body"),
        (b"{}", "body.content_type"),
        (b'{"content_type": "image/gif"}', "body.content_type"),
        (b'{"content_type": "audio/wav", "bytes": 7}', "body.bytes"),
        (b'{"content_type": "audio/wav", "title": "a\\u0000b"}', "body.title"),
        (b'{"content_type": "audio/wav", "title": "' + b"x" * 201 + b'"}', "body.title"),
        (b'{"content_type": "audio/wav", "recorded_at": "2026-11-20T10:00:00"}', "body.recorded_at"),
    ],
)
def test_an_invalid_upload_request_is_refused_by_field(client, world, body, field):
    answer = client.post(UPLOADS, content=body)

    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:rawk:problem:invalid-request"
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    assert world.memories.rows == {}


def test_an_endless_upload_request_is_refused(client):
    answer = client.post(UPLOADS, content=b" " * (UPLOAD_REQUEST_BYTES + 1))

    assert (answer.status_code, answer.json()["type"]) == (413, "urn:rawk:problem:request-too-large")


def test_a_submission_before_the_upload_is_a_conflict(client):
    answer = submit(client, begin(client))

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:rawk:problem:upload-missing")


def test_an_upload_that_is_no_recording_is_refused_and_removed(client, world):
    begun = begin(client)
    upload(world, begun, b"Dear Sir or Madam, " * 10)

    answer = submit(client, begun)

    assert (answer.status_code, answer.json()["type"]) == (415, "urn:rawk:problem:recording-not-audio")
    assert client.get(begun.headers["Location"]).status_code == 404
    assert submit(client, begun).status_code == 404
    assert world.stored_audio() == {}


def test_an_upload_that_is_replaced_again_and_again_is_a_conflict(client, world, monkeypatch):
    begun = begin(client)
    upload(world, begun)
    copy, sizes = world.audio.copy, iter(range(3_000, 4_000))

    def replaced(*args):
        upload(world, begun, wav(next(sizes)))
        return copy(*args)

    monkeypatch.setattr(world.audio, "copy", replaced)
    answer = submit(client, begun)

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:rawk:problem:upload-replaced")
    monkeypatch.undo()
    assert submit(client, begun).status_code == 202


@pytest.mark.parametrize("memory_id", ["5f0c1d9e-6f0b-4b0e-9a55-3f2f9b1c7a10", "nonsense"])
def test_an_unknown_memory_cannot_be_submitted(client, memory_id):
    assert client.post(f"/api/v1/memories/{memory_id}/submit").status_code == 404


def test_another_tenants_upload_is_not_found(client, world):
    begun = begin(client)
    upload(world, begun)

    assert submit(client, begun, headers=GLOBEX).status_code == 404
    assert client.get(begun.headers["Location"]).json()["status"] == "uploading"


@pytest.mark.parametrize("call", ["begin", "submit"])
def test_a_key_is_needed(client, call):
    begun = begin(client)
    path = UPLOADS if call == "begin" else f"{begun.headers['Location']}/submit"

    assert client.post(path, headers={"X-API-Key": "guessed"}).status_code == 401


@pytest.mark.parametrize(
    ("fault", "part"),
    [
        (("memories.submit_upload", DatabaseUnavailable("at 10.0.0.7")), "database"),
        (("audio.head", StorageUnavailable("at 10.0.0.7")), "storage"),
    ],
)
def test_a_part_that_is_down_is_named_and_the_upload_waits(client, world, fault, part):
    begun = begin(client)
    upload(world, begun)
    world.faults.add(*fault, times=2)

    refused = submit(client, begun)

    assert (refused.status_code, refused.json()["part"]) == (503, part)
    assert "10.0.0.7" not in refused.text
    world.faults.planned.clear()
    assert submit(client, begun).status_code == 202


def test_a_queue_that_is_down_refuses_nothing(client, world):
    begun = begin(client)
    upload(world, begun)
    world.faults.add("queue.send", QueueUnavailable("gone"))

    assert submit(client, begun).status_code == 202
    assert world.outbox() == [begun.json()["id"]]
