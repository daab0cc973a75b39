"""Download of a recording, retry of a memory, retry of an analysis."""

from datetime import timedelta

import pytest

from rawk.domain.errors import DatabaseUnavailable, QueueUnavailable, StorageUnavailable
from rawk.domain.memory import FailureReason, Usage
from rawk.ports import AnalysisFailure, MemoryFailure, NewTranscript
from tests.unit.api.conftest import GLOBEX
from tests.unit.api.test_direct_uploads import begin
from tests.unit.api.test_memories import MEMORIES, claim, upload

NOWHERE = f"{MEMORIES}/5f0c1d9e-6f0b-4b0e-9a55-3f2f9b1c7a10"


def failed(client, world):
    place = upload(client).headers["Location"]
    lease = claim(world, place.rpartition("/")[2])
    world.memories.fail(
        lease, MemoryFailure("message-1", FailureReason.CONFIGURATION, "401", Usage(1, 0.0)), world.clock.now()
    )
    return place


def given_up(client, world):
    place = upload(client).headers["Location"]
    lease, now = claim(world, place.rpartition("/")[2]), world.clock.now()
    world.memories.save_transcript(lease, NewTranscript("We ship.", Usage(1, 6.5), now), now)
    world.memories.postpone_analysis(
        lease, AnalysisFailure(FailureReason.ANALYSIS_REFUSED, "Refused.", Usage(1, 0.0), None), now
    )
    return place


# download


def test_a_recording_is_downloaded_by_a_short_lived_link_to_the_store(client):
    place = upload(client).headers["Location"]

    answer = client.get(f"{place}/audio", follow_redirects=False)

    assert answer.status_code == 307
    assert answer.headers["Location"] == f"memory:///audio/acme/{place.rpartition('/')[2]}?type=audio%2Fwav&seconds=300"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content == b""


def test_an_unsubmitted_recording_cannot_be_downloaded(client):
    answer = client.get(f"{begin(client).headers['Location']}/audio", follow_redirects=False)

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:rawk:problem:audio-not-yet")


def test_audio_that_has_expired_is_gone(client, world):
    place = upload(client).headers["Location"]
    world.audio.objects.clear()

    answer = client.get(f"{place}/audio", follow_redirects=False)

    assert (answer.status_code, answer.json()["type"]) == (410, "urn:rawk:problem:audio-gone")


def test_a_store_that_is_down_is_named(client, world):
    place = upload(client).headers["Location"]
    world.faults.add("audio.head", StorageUnavailable("at 10.0.0.7"))

    answer = client.get(f"{place}/audio", follow_redirects=False)

    assert (answer.status_code, answer.json()["part"]) == (503, "storage")


# retries


def test_a_failed_memory_is_queued_again(client, world):
    place = failed(client, world)
    world.pass_time(timedelta(minutes=1))

    answer = client.post(f"{place}/retry")

    memory_id = place.rpartition("/")[2]
    assert (answer.status_code, answer.json()) == (202, {"id": memory_id, "status": "queued"})
    assert answer.headers["Location"] == place
    shown = client.get(place).json()
    assert (shown["status"], shown["failure"], shown["openai_calls"]) == ("queued", None, 1)
    assert [change["status"] for change in shown["history"]] == ["queued", "processing", "failed", "queued"]
    assert [job.memory_id for job in world.sent_jobs()] == [memory_id, memory_id]
    assert world.outbox() == []


def test_a_given_up_analysis_is_queued_again(client, world):
    place = given_up(client, world)

    answer = client.post(f"{place}/analysis")

    memory_id = place.rpartition("/")[2]
    assert (answer.status_code, answer.json()) == (202, {"id": memory_id, "status": "transcript_only"})
    shown = client.get(place).json()
    assert (shown["analysis_state"], shown["transcript"]) == ("pending", "We ship.")
    assert [job.memory_id for job in world.sent_jobs()] == [memory_id, memory_id]


CALLS = {"retry": (failed, "memory-not-failed"), "analysis": (given_up, "analysis-not-given-up")}


@pytest.mark.parametrize("call", CALLS)
def test_a_second_request_is_a_conflict_and_sends_nothing(client, world, call):
    make, problem = CALLS[call]
    place = make(client, world)
    client.post(f"{place}/{call}")

    again = client.post(f"{place}/{call}")

    assert (again.status_code, again.json()["type"]) == (409, f"urn:rawk:problem:{problem}")
    assert len(world.sent_jobs()) == 2


@pytest.mark.parametrize("call", CALLS)
def test_a_memory_without_a_failure_is_unchanged(client, world, call):
    others = [make for name, (make, _) in CALLS.items() if name != call]
    places = [upload(client).headers["Location"], *(make(client, world) for make in others)]
    before = dict(world.memories.rows)

    assert [client.post(f"{place}/{call}").status_code for place in places] == [409, 409]
    assert world.memories.rows == before


@pytest.mark.parametrize("call", CALLS)
def test_a_queue_that_is_down_leaves_the_job_to_the_relay(client, world, call):
    place = CALLS[call][0](client, world)
    world.faults.add("queue.send", QueueUnavailable("gone"))

    assert client.post(f"{place}/{call}").status_code == 202
    assert world.outbox() == [place.rpartition("/")[2]]


@pytest.mark.parametrize("call", ["retry", "analysis", "audio", "submit"])
def test_an_unknown_memory_and_one_of_another_tenant_are_not_found(client, world, call):
    method = "GET" if call == "audio" else "POST"
    place = failed(client, world)

    for path, headers in ((NOWHERE, {}), (f"{MEMORIES}/nonsense", {}), (place, GLOBEX)):
        answer = client.request(method, f"{path}/{call}", headers=headers, follow_redirects=False)
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:rawk:problem:memory-not-found")


@pytest.mark.parametrize(("call", "method"), [("retry", "retry"), ("analysis", "retry_analysis")])
def test_a_database_that_is_down_is_named(client, world, call, method):
    place = CALLS[call][0](client, world)
    world.faults.add(f"memories.{method}", DatabaseUnavailable("at 10.0.0.7"))

    answer = client.post(f"{place}/{call}")

    assert (answer.status_code, answer.json()["part"]) == (503, "database")
    assert client.post(f"{place}/{call}").status_code == 202
