"""The API is killed while no client uploads.

Claim: While the API is dead, what it has accepted goes on, and is complete when another API answers.
"""

from sim import Simulation, faults, minutes


def test_api_killed_after_it_has_accepted(sim: Simulation) -> None:
    # Given recordings that the API has just accepted.
    memories = sim.api.record(3)

    # When the API is killed.
    with sim.fault(faults.api.killed()):
        # Then the workers complete the recordings all the same.
        sim.run_until(sim.everything_is_complete, within=minutes(5))

    # And the next API shows them.
    assert memories.all_complete()
