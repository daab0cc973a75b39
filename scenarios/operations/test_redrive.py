"""The operator redrives while OpenAI is still down.

Claim: When the operator redrives while OpenAI is still down, the jobs return to the dead-letter queue and nothing is
lost; a redrive after the outage completes all.
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

    # When OpenAI is back and the operator redrives again, then all complete.
    sim.operator.redrive()
    sim.run_until(memories.all_complete, within=hours(1))
    assert sim.queue.dead_letter_count() == 0
