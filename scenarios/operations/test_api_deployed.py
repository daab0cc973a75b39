"""A new version of the API is deployed while somebody uploads.

Claim: a deployment breaks no upload off: the old version ends what it began.
"""

from sim import Simulation, faults, minutes


def test_a_deployment_lets_uploads_end(sim: Simulation) -> None:
    # Given an API that is told to stop while it stores somebody's audio, then that somebody is told yes.
    with sim.fault(faults.api.redeployed_before("store")):
        memo = sim.api.record(1)
    sim.run_until(memo.all_complete, within=minutes(5))
