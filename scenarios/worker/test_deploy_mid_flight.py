"""A new version of the worker is deployed while the old one is at work.

Claim: what is under way ends on the old version, what comes next runs on the new one, and nothing is done twice.
"""

from sim import Simulation, faults, minutes, needs


@needs.production_limits
def test_a_deploy_in_mid_flight_disturbs_nothing(sim: Simulation) -> None:
    # Given a deploy while the first recording is being transcribed.
    with sim.fault(faults.worker.deployed_during("transcription")) as deploy:
        first = sim.api.record(1)
        sim.run_until(deploy.was_triggered, within=minutes(5))
        assert first.statuses == {"processing": 1}
        second = sim.api.record(3)

    # Then the one under way ends at its first attempt, and so do those that came after.
    sim.run_until(first.all_complete, within=minutes(5))
    sim.run_until(second.all_complete, within=minutes(5))
    assert {memory["attempts"] for memory in first.fetch() + second.fetch()} == {1}
