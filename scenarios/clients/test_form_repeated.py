"""A client posts the form of a direct upload again, after the recording was accepted."""

import hashlib

import pytest

from sim import Simulation, faults, hours, minutes, needs, recordings

pytestmark = needs.virtual_time

ACCEPTED = recordings.by_name("dentist-reminder").data
CONTENTS = {
    "another recording": (recordings.by_name("standup-notes").data, 204),
    "garbage": (b"no sound at all, only some words" * 100, 204),
    "nothing": (b"", 400),
}
"""What the form is posted with, and how S3 answers."""


@pytest.mark.parametrize("content", CONTENTS)
def test_form_repeated_before_the_transcription(sim: Simulation, content: str) -> None:
    """A client posts the form of a direct upload again while the recording waits for OpenAI.

    Claim: When the form of an accepted direct upload is posted again before the recording is transcribed, the memory
    gets the transcript of what was accepted, and its owner downloads what was accepted.
    """
    # Given a direct upload that was accepted while OpenAI is down.
    begun = sim.api.begin_direct_upload()
    memory_id = begun.json()["id"]
    with sim.fault(faults.openai.down()):
        sim.api.upload_to_s3(begun, ACCEPTED)
        assert sim.api.submit(memory_id).status_code == 202
        sim.run_for(minutes(5))

        # When its form is posted again, and the memory submitted again.
        posted, status_code = CONTENTS[content]
        assert sim.api.upload_to_s3(begun, posted).status_code == status_code
        assert sim.api.submit(memory_id).json() == {"id": memory_id, "status": "processing"}

    # Then it gets the transcript of what was accepted.
    sim.run_until(sim.everything_is_complete, within=hours(2))
    memory = sim.api.get_memory(memory_id).json()
    assert memory["transcript"] == recordings.by_name("dentist-reminder").transcript

    # And its owner downloads it.
    assert digest(sim.api.download_audio(memory_id)) == digest(ACCEPTED)


def test_form_repeated_after_completion(sim: Simulation) -> None:
    """A client posts the form of a direct upload again after the memory is complete.

    Claim: When the form of a direct upload is posted again after its memory is complete, transcript and audio of the
    memory stay as they are.
    """
    # Given a memory that is complete.
    begun = sim.api.begin_direct_upload()
    memory_id = begun.json()["id"]
    sim.api.upload_to_s3(begun, ACCEPTED)
    assert sim.api.submit(memory_id).status_code == 202
    sim.run_until(sim.everything_is_complete, within=minutes(5))
    before = sim.api.get_memory(memory_id).json()

    # When its form is posted again, and the memory submitted again.
    assert sim.api.upload_to_s3(begun, recordings.by_name("standup-notes").data).status_code == 204
    assert sim.api.submit(memory_id).json() == {"id": memory_id, "status": "complete"}

    # Then nothing about it changes.
    sim.run_for(hours(1))
    assert sim.api.get_memory(memory_id).json() == before
    assert digest(sim.api.download_audio(memory_id)) == digest(ACCEPTED)


def test_form_repeated_after_deletion(sim: Simulation) -> None:
    """A client posts the form of a direct upload again after the memory was deleted.

    Claim: When the form of a direct upload is posted again after its memory was deleted, the memory stays deleted, a
    submission is answered 404, and a day later the sweep removes what the form has written; the audio of another memory
    stays.
    """
    # Given two memories of direct uploads, of which one was deleted with all its audio.
    kept, deleted = sim.api.begin_direct_upload(), sim.api.begin_direct_upload()
    for begun in (kept, deleted):
        sim.api.upload_to_s3(begun, ACCEPTED)
        assert sim.api.submit(begun.json()["id"]).status_code == 202
    sim.run_until(sim.everything_is_complete, within=minutes(5))
    assert sim.api.delete(deleted.json()["id"]).status_code == 204
    accepted = sim.stored_audio()
    assert len(accepted) == 1

    # When both forms are posted again, and the deleted memory submitted again.
    for begun in (kept, deleted):
        assert sim.api.upload_to_s3(begun, recordings.by_name("standup-notes").data).status_code == 204
    assert sim.api.submit(deleted.json()["id"]).status_code == 404
    assert [memory["id"] for memory in sim.api.list_memories("acme")] == [kept.json()["id"]]

    # Then a day later, during most of which the sweep is disabled, only the accepted audio is left.
    with sim.fault(faults.queue.relay_off()):
        sim.run_for(hours(24))
    sim.run_until(lambda: sim.stored_audio() == accepted, within=hours(2))


def digest(audio: bytes) -> str:
    return hashlib.sha256(audio).hexdigest()
