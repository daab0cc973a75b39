"""Two operators empty the dead-letter queue at the same time.

Claim: a redrive never duplicates results or bills, however often it is done.
"""

from sim import Simulation, faults, hours, minutes


def test_redriving_twice_changes_nothing(sim: Simulation) -> None:
    # Given failed memories that two operators redrive at the same time.
    with sim.fault(faults.openai.wrong_key()):
        memories = sim.api.record(3)
        sim.run_until(memories.all_failed, within=minutes(5))
        sim.run_until(lambda: sim.queue.dead_letter_count() == 3, within=minutes(5))
    sim.operator.redrive("configuration")
    sim.operator.redrive()

    # Then each completes once.
    sim.run_until(memories.all_complete, within=hours(1))
    assert {memory["attempts"] for memory in memories.fetch()} == {2}
