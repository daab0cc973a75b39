"""SQS does not answer while people submit what they uploaded past the API.

Claim: what was submitted is accepted all the same, and its job is sent by the relay once SQS is back.
"""

from sim import Simulation, faults, minutes


def test_sqs_down_at_submit_delays_and_never_loses(sim: Simulation) -> None:
    # Given the API can not reach SQS.
    with sim.fault(faults.queue.down()):
        # When people submit, then they are told yes, and their memories wait.
        memories = sim.api.record_by_direct_upload(2)
        assert memories.statuses == {"queued": 2}

    # And when SQS is back, all of them complete without anybody's help.
    sim.run_until(memories.all_complete, within=minutes(2))
