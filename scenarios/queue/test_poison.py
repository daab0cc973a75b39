"""Messages that are not ours end up in the jobs queue, between healthy ones.

Claim: poison goes to the dead-letter queue as it came, and never delays or breaks a healthy job.
"""

from sim import Simulation, minutes


def test_poison_between_healthy_messages(sim: Simulation) -> None:
    # Given healthy recordings with three kinds of poison between them.
    before = sim.api.record(2)
    sim.queue.send_poison("not JSON", "an unknown version", "an unknown memory")
    after = sim.api.record(2)

    # Then every healthy one completes.
    sim.run_until(before.all_complete, within=minutes(1))
    sim.run_until(after.all_complete, within=minutes(1))

    # And the poison lies in the dead-letter queue, byte for byte, judged as what it is.
    sim.run_until(sim.queue.all_poison_dead_lettered, within=minutes(1))
    whys = sorted(letter["why"] for letter in sim.operator.dead_letters())
    assert whys == ["deleted", "poison", "poison"]
