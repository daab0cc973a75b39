"""An app uploads its recordings straight to the store, as it must where a request to the API may not be large.

Claim: what was uploaded past the API and submitted is a memory like any other, however often it is submitted.
"""

from sim import Simulation, minutes, recordings


def test_recordings_uploaded_past_the_api_become_memories(sim: Simulation) -> None:
    # Given some recordings that go straight to the store, and are submitted.
    memories = sim.api.record_by_direct_upload(3)

    # When one of them is submitted once more, then it is the same memory.
    again = sim.api.submit(memories.ids[0])
    assert (again.status_code, again.json()["id"]) == (202, memories.ids[0])

    # Then each comes back as the words that were spoken.
    sim.run_until(memories.all_complete, within=minutes(2))
    assert memories.all_have_correct_transcripts()
    assert [memory["attempts"] for memory in memories.fetch()] == [1, 1, 1]


def test_a_form_takes_no_more_than_a_recording_may_have(sim: Simulation) -> None:
    # Given a form to upload a recording with.
    begun = sim.api.begin_direct_upload("audio/wav")

    # When a file over the limit is sent with it, then the store refuses it, and there is nothing to submit.
    large = recordings.by_name("missed-train").data + bytes(26_214_400)
    assert sim.api.upload_to_s3(begun, large).status_code == 400
    refused = sim.api.submit(begun.json()["id"])
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:rawk:problem:upload-missing")
    assert sim.stored_audio() == set()
