"""Direct uploads that are never submitted.

Claim: Direct uploads that are not submitted within a day are swept, memory and audio, and a late submission is
answered 404; submitted recordings stay.
"""

from sim import Simulation, faults, hours, minutes, needs, recordings

pytestmark = needs.virtual_time


def test_unsubmitted_uploads_are_swept(sim: Simulation) -> None:
    # Given one recording that is submitted, one that is uploaded only, and one whose upload only began.
    submitted = sim.api.record_by_direct_upload(1)
    unsubmitted = sim.api.begin_direct_upload("audio/wav")
    sim.api.upload_to_s3(unsubmitted, recordings.by_name("standup-notes").data)
    sim.api.begin_direct_upload("audio/ogg")
    sim.run_until(submitted.all_complete, within=minutes(2))
    assert len(sim.stored_audio()) == 2

    # When a day has passed, during most of which the sweep is disabled, then only the submitted recording is left.
    with sim.fault(faults.queue.relay_off()):
        sim.run_for(hours(24))
    sim.run_until(lambda: len(sim.stored_audio()) == 1, within=hours(2))
    assert [memory["id"] for memory in sim.api.list_memories("acme")] == submitted.ids

    # And a late submission is answered 404.
    assert sim.api.submit(unsubmitted.json()["id"]).status_code == 404
