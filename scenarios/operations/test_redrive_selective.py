"""The dead-letter queue holds poison and honest jobs, and the operator wants the latter only.

Claim: a selective redrive completes what it was asked to, and leaves the rest where it is.
"""

from sim import Simulation, faults, hours, minutes


def test_selective_redrive_leaves_the_rest_alone(sim: Simulation) -> None:
    # Given dead letters of two kinds: poison, and jobs that a wrong key failed.
    with sim.fault(faults.openai.wrong_key()):
        memories = sim.api.record(2)
        sim.queue.send_poison("not JSON", "missing fields")
        sim.run_until(lambda: sim.queue.dead_letter_count() == 4, within=minutes(5))

    # When the operator redrives only what the key failed.
    sim.operator.redrive("configuration")

    # Then these complete, and the poison stays where it is.
    sim.run_until(memories.all_complete, within=hours(1))
    assert {letter["why"] for letter in sim.operator.dead_letters()} == {"poison"}
