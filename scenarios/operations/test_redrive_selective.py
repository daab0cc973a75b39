"""The operator redrives by failure reason.

Claim: When the operator redrives by failure reason, the memories with that reason complete, and poison messages stay
in the dead-letter queue.
"""

from sim import Simulation, faults, hours, minutes


def test_selective_redrive_leaves_the_rest_alone(sim: Simulation) -> None:
    # Given dead letters of two kinds: poison messages, and more jobs than one receive gives, which failed because of a
    # wrong key.
    with sim.fault(faults.openai.wrong_key()):
        memories = sim.api.record(12)
        sim.queue.send_poison("not JSON", "missing fields")
        sim.run_until(lambda: sim.queue.dead_letter_count() == 14, within=minutes(5))

    # When the operator redrives only those that failed because of the key.
    sim.operator.redrive("configuration")

    # Then these complete, and the poison messages stay where they are.
    sim.run_until(memories.all_complete, within=hours(1))
    assert {letter["why"] for letter in sim.operator.dead_letters()} == {"poison"}
