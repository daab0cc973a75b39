"""SQS is down for every caller for half an hour.

Claim: While SQS is down for every caller, the API accepts uploads; they, and the recordings accepted before, complete
once SQS is back.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_sqs_down_for_every_caller(sim: Simulation) -> None:
    # Given recordings in progress, and then no SQS for half an hour.
    before = sim.api.record(2)
    with sim.fault(faults.queue.down_for_all()):
        # When clients keep recording, then the API accepts.
        meanwhile = sim.api.record(3)
        sim.run_for(minutes(30))
        assert meanwhile.statuses == {"queued": 3}

    # When SQS is back, then all complete, those in progress too.
    sim.run_until(before.all_complete, within=hours(3))
    sim.run_until(meanwhile.all_complete, within=hours(3))
