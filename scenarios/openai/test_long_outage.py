"""OpenAI is down for longer than SQS keeps trying.

Claim: what an outage of any length leaves in the dead-letter queue, one redrive completes, and nothing is paid twice.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_an_outage_longer_than_three_receives_is_redriven(sim: Simulation) -> None:
    # Given OpenAI is down, and stays down past the third receive of every job.
    with sim.fault(faults.openai.down()):
        memories = sim.api.record(5)
        sim.run_until(memories.all_failed, within=hours(3))
        sim.run_until(sim.queue.is_empty, within=minutes(5))

    # Then each says why, and each has its message in the dead-letter queue.
    assert memories.failure_reasons == {"openai_unavailable": 5}
    assert sim.queue.dead_letter_count() == 5

    # When OpenAI is back and the operator redrives, then all five complete.
    sim.operator.redrive()
    sim.run_until(memories.all_complete, within=minutes(2))
    assert memories.all_have_correct_transcripts()
