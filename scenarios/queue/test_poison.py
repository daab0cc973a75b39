"""Poison messages between healthy jobs.

Claim: Poison messages between healthy jobs go to the dead-letter queue unchanged, and the healthy jobs complete
without delay.
"""

from sim import Simulation, minutes


def test_poison_between_healthy_jobs(sim: Simulation) -> None:
    # Given healthy recordings with three kinds of poison messages between them.
    before = sim.api.record(2)
    sim.queue.send_poison("not JSON", "an unknown version", "an unknown memory")
    after = sim.api.record(2)

    # Then every healthy recording completes.
    sim.run_until(before.all_complete, within=minutes(1))
    sim.run_until(after.all_complete, within=minutes(1))

    # And the poison messages are in the dead-letter queue, byte for byte, each classified.
    sim.run_until(sim.queue.all_poison_dead_lettered, within=minutes(1))
    classes = sorted(letter["why"] for letter in sim.operator.dead_letters())
    assert classes == ["deleted", "poison", "poison"]
