"""Two operators redrive, one right after the other.

Claim: When two operators redrive one right after the other, every failed memory completes once, at its second
attempt.
"""

from sim import Simulation, faults, hours, minutes


def test_redriving_twice_completes_once(sim: Simulation) -> None:
    # Given failed memories, and two operators who redrive them one right after the other.
    with sim.fault(faults.openai.wrong_key()):
        memories = sim.api.record(3)
        sim.run_until(memories.all_failed, within=minutes(5))
        sim.run_until(lambda: sim.queue.dead_letter_count() == 3, within=minutes(5))
    sim.operator.redrive("configuration")
    sim.operator.redrive()

    # Then each completes once.
    sim.run_until(memories.all_complete, within=hours(1))
    assert {memory["attempts"] for memory in memories.fetch()} == {2}
