"""OpenAI is down for a little less than the outage tolerance.

Claim: When OpenAI is down for less than the outage tolerance, every recording completes at its last receive: no dead
letter, no operator.
"""

from sim import Simulation, faults, hours, needs, seconds

pytestmark = needs.virtual_time


def test_outage_within_the_tolerance_needs_no_operator(sim: Simulation) -> None:
    # Given OpenAI is down for 90 % of the outage tolerance.
    outage = 0.9 * seconds(sim.outage_tolerance_seconds)
    with sim.fault(faults.openai.down()):
        memories = sim.api.record(3)
        sim.run_for(outage)

    # When OpenAI is back, then the last receive completes every memory.
    sim.run_until(memories.all_complete, within=hours(1))
    assert sim.queue.dead_letter_count() == 0
    assert {memory["attempts"] for memory in memories.fetch()} == {sim.limits.max_receive_count}
