"""S3 answers with status 200 and something that is no success.

Claim: While S3 answers 200 with nonsense or without an entity tag, an upload and a submission are answered 503, a
deletion succeeds, no worker takes the answer for audio, and an accepted recording completes once S3 answers properly.
"""

import pytest

from sim import Simulation, faults, hours, minutes, needs, recordings

pytestmark = needs.virtual_time

ANSWERS = {
    "empty": faults.storage.answers("empty"),
    "html": faults.storage.answers("html"),
    "other_json": faults.storage.answers("other_json"),
    "error_body": faults.storage.answers("error_body"),
    "truncated": faults.storage.answers("truncated"),
    "partial": faults.storage.answers("partial"),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_s3_answers_nonsense(sim: Simulation, kind: str) -> None:
    # Given S3 whose every answer is no success, and a recording that no worker has fetched yet.
    with sim.fault(faults.queue.delivered_late(minutes(1))):
        memories = sim.api.record(1)
        deleted = sim.api.record(1)
    begun = sim.api.begin_direct_upload()
    sim.api.upload_to_s3(begun, recordings.by_name("standup-notes").data)
    with sim.fault(ANSWERS[kind]):
        # When clients upload and request audio, then the API answers 503.
        for response in (
            sim.api.upload(recordings.by_name("bike-repair").data),
            sim.api.request_audio_link(memories.ids[0]),
            sim.api.submit(begun.json()["id"]),
        ):
            assert (response.status_code, response.json()["part"]) == (503, "storage")
        # And it deletes a memory: the sweep removes the audio.
        assert sim.api.delete(deleted.ids[0]).status_code == 204
        # And the worker does not take the answer for audio: the job waits.
        sim.run_for(minutes(10))
        assert memories.statuses == {"processing": 1}

    # And afterwards it completes, paid for once, the submission succeeds, and the refused upload has left nothing.
    assert sim.api.submit(begun.json()["id"]).status_code == 202
    sim.run_until(memories.all_complete, within=hours(2))
    assert memories.one["openai_calls"] == 2
    assert len(sim.api.list_memories("acme")) == 2
