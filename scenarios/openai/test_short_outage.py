"""OpenAI is down for an hour at lunch.

Claim: an outage shorter than the outage tolerance ends by itself: no dead letter, no operator, nothing paid twice.
"""

from sim import Simulation, faults, hours, needs, seconds

pytestmark = needs.virtual_time


def test_an_outage_shorter_than_the_survival_time_heals_itself(sim: Simulation) -> None:
    # Given OpenAI is down for most of the time that this configuration survives.
    outage = 0.9 * seconds(sim.outage_tolerance_seconds)
    with sim.fault(faults.openai.down()):
        memories = sim.api.record(3)
        sim.run_for(outage)

    # When it is back, then the last receive finds it, and all complete.
    sim.run_until(memories.all_complete, within=hours(1))
    assert sim.queue.dead_letter_count() == 0
    assert {memory["attempts"] for memory in memories.fetch()} == {sim.limits.max_receive_count}
