"""S3 gives no audio to the workers for an hour.

Claim: jobs wait in the queue and complete by themselves; OpenAI is asked once for each.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_an_hour_without_s3_delays_and_never_loses(sim: Simulation) -> None:
    # Given recordings, and an S3 that gives none of them back for an hour.
    with sim.fault(faults.storage.get_fails(500).during(lasting=minutes(59))):
        memories = sim.api.record(4)
        sim.run_for(minutes(59))
        assert memories.statuses == {"processing": 4}

    # When S3 is back, then all complete, without a redrive.
    sim.run_until(memories.all_complete, within=hours(2))
    assert {memory["openai_calls"] for memory in memories.fetch()} == {2}
    assert memories.all_have_correct_transcripts()
