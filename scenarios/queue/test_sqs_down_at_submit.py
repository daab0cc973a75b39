"""The API cannot reach SQS while clients submit direct uploads.

Claim: While the API cannot reach SQS, it accepts submissions of direct uploads, and the relay sends their jobs once
SQS is back.
"""

from sim import Simulation, faults, minutes


def test_sqs_down_at_submit(sim: Simulation) -> None:
    # Given the API cannot reach SQS.
    with sim.fault(faults.queue.down()):
        # When clients submit direct uploads, then the API accepts, and the memories wait.
        memories = sim.api.record_by_direct_upload(2)
        assert memories.statuses == {"queued": 2}

    # When SQS is back, then all complete without help.
    sim.run_until(memories.all_complete, within=minutes(2))
