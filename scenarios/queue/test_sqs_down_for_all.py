"""SQS is down for everybody: nothing can be sent, received, deleted or postponed.

Claim: uploads go on, and everything that was accepted completes once SQS is back.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_sqs_down_for_everybody_delays_and_never_loses(sim: Simulation) -> None:
    # Given jobs under way, and then no SQS at all for half an hour.
    before = sim.api.record(2)
    with sim.fault(faults.queue.down_for_all()):
        # When people keep recording, then they are told yes.
        meanwhile = sim.api.record(3)
        sim.run_for(minutes(30))
        assert meanwhile.statuses == {"queued": 3}

    # And with SQS back all of them complete, those that were cut off in the middle too.
    sim.run_until(before.all_complete, within=hours(3))
    sim.run_until(meanwhile.all_complete, within=hours(3))
