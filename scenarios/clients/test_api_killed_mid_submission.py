"""The API is killed in the middle of the submission of a direct upload.

Claim: When the API is killed at any step of the submission of a direct upload, a client that submits again gets one
memory, which completes with what was uploaded.
"""

import pytest

from sim import Simulation, faults, minutes, recordings

MOMENTS = {
    "before the audio is copied": faults.api.killed_before("copy"),
    "after the audio is copied": faults.api.killed_after("copy"),
    "before the recording is accepted": faults.api.killed_before("accept"),
    "before the job is sent": faults.api.killed_before("send"),
    "before it responds": faults.api.killed_after("send"),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_submission_is_repeated_after_the_api_was_killed(sim: Simulation, moment: str) -> None:
    # Given a direct upload during whose submission the API is killed.
    recording = recordings.by_name("dentist-reminder")
    begun = sim.api.begin_direct_upload(recording.content_type)
    sim.api.upload_to_s3(begun, recording.data)
    with sim.fault(MOMENTS[moment]):
        assert not sim.api.try_submit(begun.json()["id"])

    # When the client submits again, then the memory completes with what was uploaded.
    assert sim.api.try_submit(begun.json()["id"])
    sim.run_until(sim.everything_is_complete, within=minutes(5))
    assert [memory["id"] for memory in sim.api.list_memories("acme")] == [begun.json()["id"]]
    assert sim.api.get_memory(begun.json()["id"]).json()["transcript"] == recording.transcript

    # And its owner downloads what was uploaded.
    assert sim.api.download_audio(begun.json()["id"]) == recording.data
