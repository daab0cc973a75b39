"""SQS throttles sends for ten minutes.

Claim: While SQS throttles four of five sends, the API accepts uploads, and the relay sends the missing jobs, so that
all complete.
"""

from sim import Simulation, faults, minutes, needs

pytestmark = needs.virtual_time


def test_throttled_sends(sim: Simulation) -> None:
    # Given SQS refuses four of five sends for ten minutes.
    throttling = faults.queue.throttled().with_probability(0.8, seed=sim.seed).during(lasting=minutes(10))
    with sim.fault(throttling):
        # When clients record, then the API accepts, and all complete.
        memories = sim.api.record(8)
        sim.run_until(memories.all_complete, within=minutes(30))
