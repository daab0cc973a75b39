"""SQS does not answer while people upload.

Claim: uploads are accepted all the same, and their jobs are sent by the relay once SQS is back.
"""

from sim import Simulation, faults, minutes


def test_sqs_down_at_upload_delays_and_never_loses(sim: Simulation) -> None:
    # Given the API can not reach SQS.
    with sim.fault(faults.queue.down()):
        # When people record, then they are told yes, and their memories wait.
        memories = sim.api.record(3)
        assert memories.statuses == {"queued": 3}

    # And when SQS is back, all of them complete without anybody's help.
    sim.run_until(memories.all_complete, within=minutes(2))
