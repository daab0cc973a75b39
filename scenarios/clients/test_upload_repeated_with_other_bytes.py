"""A client repeats an upload through the API under the same idempotency key, with other bytes.

Claim: When an upload through the API is repeated under the same idempotency key with other bytes while the recording
waits for OpenAI, the repeated upload is answered 409 and leaves no audio; the memory gets transcript and download of
the first bytes, small or in several parts.
"""

import hashlib

import pytest

from sim import Simulation, faults, hours, minutes, needs, recordings

pytestmark = needs.virtual_time

FIRST = recordings.by_name("dentist-reminder")
OTHERS = {"another recording": recordings.by_name("standup-notes").data, "the first bytes cut off": FIRST.data[:-100]}
SEVERAL_PARTS_BYTES = 11_000_000
"""S3 gets parts of 5 MiB."""


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("large", [False, True], ids=["one put", "several parts"])
def test_repeated_upload_with_other_bytes(sim: Simulation, large: bool, other: str) -> None:
    # Given a recording that was accepted while OpenAI is down.
    first = recordings.enlarged(FIRST, SEVERAL_PARTS_BYTES) if large else FIRST.data
    with sim.fault(faults.openai.down()):
        accepted = sim.api.upload(first, idempotency_key="once")
        assert accepted.status_code == 202
        stored = sim.stored_audio()
        sim.run_for(minutes(5))

        # When the upload is repeated with other bytes, then it is refused and leaves no audio.
        repeated = OTHERS[other] + bytes(SEVERAL_PARTS_BYTES if large else 0)
        assert sim.api.upload(repeated, idempotency_key="once").status_code == 409
        assert sim.stored_audio() == stored

    # Then the memory is made of the first bytes.
    sim.run_until(sim.everything_is_done, within=hours(2))
    memory_id = accepted.json()["id"]
    assert sim.api.get_memory(memory_id).json()["transcript"] == FIRST.transcript
    audio = sim.api.download_audio(memory_id)
    assert hashlib.sha256(audio).hexdigest() == hashlib.sha256(first).hexdigest()


def test_completion_whose_answer_is_lost(sim: Simulation) -> None:
    """S3 joins the parts of a large upload, its answer is lost, and the client repeats the upload.

    Claim: When S3's answer to the completion of an upload in several parts is lost, a client that repeats the upload
    under its idempotency key gets one memory, made of the bytes it sent.
    """
    # Given a large upload whose completion is not answered.
    lecture = recordings.enlarged(FIRST, SEVERAL_PARTS_BYTES)
    with sim.fault(faults.storage.put_response_lost().first(1)):
        sim.api.try_upload(lecture, "acme", idempotency_key="once")

    # When the client repeats the upload, then there is one memory with its transcript and audio.
    assert sim.api.try_upload(lecture, "acme", idempotency_key="once")
    sim.run_until(sim.everything_is_done, within=minutes(5))
    [memory] = sim.api.list_memories("acme")
    assert memory["status"] == "complete"
    assert sim.api.get_memory(memory["id"]).json()["transcript"] == FIRST.transcript
    assert hashlib.sha256(sim.api.download_audio(memory["id"])).hexdigest() == hashlib.sha256(lecture).hexdigest()
