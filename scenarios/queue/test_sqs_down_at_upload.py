"""The API cannot reach SQS while clients upload.

Claim: While the API cannot reach SQS, it accepts uploads, and the relay sends their jobs once SQS is back.
"""

from sim import Simulation, faults, minutes


def test_sqs_down_at_upload(sim: Simulation) -> None:
    # Given the API cannot reach SQS.
    with sim.fault(faults.queue.down()):
        # When clients upload, then the API accepts, and the memories wait.
        memories = sim.api.record(3)
        assert memories.statuses == {"queued": 3}

    # When SQS is back, then all complete without help.
    sim.run_until(memories.all_complete, within=minutes(2))
