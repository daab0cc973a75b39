"""A new version of the worker is deployed while a job is processed.

Claim: When a new version of the worker is deployed while a job is processed, that job and all later ones complete at
their first attempt.
"""

from sim import Simulation, faults, minutes, needs


@needs.production_limits
def test_deployment_while_processing(sim: Simulation) -> None:
    # Given a deployment while the first recording is transcribed.
    with sim.fault(faults.worker.deployed_during("transcription")) as deployment:
        first = sim.api.record(1)
        sim.run_until(deployment.was_triggered, within=minutes(5))
        assert first.statuses == {"processing": 1}
        second = sim.api.record(3)

    # Then the job in progress completes at its first attempt, and so do the later ones.
    sim.run_until(first.all_complete, within=minutes(5))
    sim.run_until(second.all_complete, within=minutes(5))
    assert {memory["attempts"] for memory in first.fetch() + second.fetch()} == {1}
