"""S3 answers the workers with 500 for an hour.

Claim: While S3 gives no audio to the workers for an hour, jobs wait in the queue and complete by themselves
afterwards, with one transcription and one analysis each.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_s3_down_for_an_hour_at_processing(sim: Simulation) -> None:
    # Given recordings, and S3 that answers downloads with 500 for an hour.
    with sim.fault(faults.storage.get_fails(500).during(lasting=minutes(59))):
        memories = sim.api.record(4)
        sim.run_for(minutes(59))
        assert memories.statuses == {"processing": 4}

    # When S3 is back, then all complete without a redrive.
    sim.run_until(memories.all_complete, within=hours(2))
    assert {memory["openai_calls"] for memory in memories.fetch()} == {2}
    assert memories.all_have_correct_transcripts()
