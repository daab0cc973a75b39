"""The operator empties the dead-letter queue while OpenAI is still down.

Claim: a redrive at a bad moment loses nothing and costs nothing; one at a good moment completes all.
"""

from sim import Simulation, faults, hours, minutes, needs


@needs.virtual_time
def test_redrive_during_the_outage_loses_nothing(sim: Simulation) -> None:
    # Given an operator who redrives while OpenAI is still down.
    with sim.fault(faults.openai.down()):
        memories = sim.api.record(3)
        sim.run_until(memories.all_failed, within=hours(3))
        sim.run_until(sim.queue.is_empty, within=minutes(5))
        sim.operator.redrive()
        sim.run_until(lambda: sim.queue.dead_letter_count() == 3, within=hours(3))

    # When OpenAI is back and the operator tries once more, then all complete.
    sim.operator.redrive()
    sim.run_until(memories.all_complete, within=hours(1))
    assert sim.queue.dead_letter_count() == 0
