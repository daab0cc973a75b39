"""A new version of the API is deployed during an upload.

Claim: When a new version of the API is deployed during an upload, the old version completes the upload.
"""

from sim import Simulation, faults, minutes


def test_api_deployment_completes_uploads(sim: Simulation) -> None:
    # Given an API that gets SIGTERM while it stores a recording, then it still accepts the recording.
    with sim.fault(faults.api.redeployed_before("store")):
        memories = sim.api.record(1)
    sim.run_until(memories.all_complete, within=minutes(5))
