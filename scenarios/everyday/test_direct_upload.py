"""Clients upload recordings directly to S3."""

from sim import Simulation, minutes, recordings


def test_direct_uploads_become_memories(sim: Simulation) -> None:
    """A client uploads recordings directly to S3 and submits them.

    Claim: Recordings that are uploaded directly to S3 and submitted become complete memories at the first attempt; a
    second submission returns the same memory.
    """
    # Given recordings that are uploaded directly to S3 and submitted.
    memories = sim.api.record_by_direct_upload(3)

    # When one of them is submitted again, then the API returns the same memory.
    repeated = sim.api.submit(memories.ids[0])
    assert (repeated.status_code, repeated.json()["id"]) == (202, memories.ids[0])

    # Then each completes with its own transcript.
    sim.run_until(memories.all_complete, within=minutes(2))
    assert memories.all_have_correct_transcripts()
    assert [memory["attempts"] for memory in memories.fetch()] == [1, 1, 1]


def test_direct_upload_over_the_limit(sim: Simulation) -> None:
    """A client uploads a file over the limit directly to S3.

    Claim: S3 refuses a direct upload over the size limit, and the API then refuses the submission with 409: there is
    no audio.
    """
    # Given a form for a direct upload.
    begun = sim.api.begin_direct_upload("audio/wav")

    # When a file over the limit is sent with it, then S3 refuses it, and there is nothing to submit.
    large = recordings.by_name("missed-train").data + bytes(26_214_400)
    assert sim.api.upload_to_s3(begun, large).status_code == 400
    refused = sim.api.submit(begun.json()["id"])
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:rawk:problem:upload-missing")
    assert sim.stored_audio() == set()
