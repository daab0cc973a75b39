"""OpenAI is down for longer than the outage tolerance.

Claim: When OpenAI is down for longer than the outage tolerance, every recording fails with a reason and a dead
letter, and one redrive afterwards completes all of them.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_outage_longer_than_three_receives_is_redriven(sim: Simulation) -> None:
    # Given OpenAI is down until after the third receive of every job.
    with sim.fault(faults.openai.down()):
        memories = sim.api.record(5)
        sim.run_until(memories.all_failed, within=hours(3))
        sim.run_until(sim.queue.is_empty, within=minutes(5))

    # Then each memory has a failure reason, and each has a dead letter.
    assert memories.failure_reasons == {"openai_unavailable": 5}
    assert sim.queue.dead_letter_count() == 5

    # When OpenAI is back and the operator redrives, then all complete.
    sim.operator.redrive()
    sim.run_until(memories.all_complete, within=minutes(2))
    assert memories.all_have_correct_transcripts()
