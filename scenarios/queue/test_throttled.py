"""SQS limits the rate at which we send.

Claim: a throttled send delays a job, and the relay makes up for it by itself.
"""

from sim import Simulation, faults, minutes, needs

pytestmark = needs.virtual_time


def test_throttled_sends_are_made_up_for(sim: Simulation) -> None:
    # Given SQS refuses four sends in five for ten minutes.
    throttling = faults.queue.throttled().with_probability(0.8, seed=sim.seed).during(lasting=minutes(10))
    with sim.fault(throttling):
        # When people record, then they are told yes, and all of it gets done.
        memories = sim.api.record(8)
        sim.run_until(memories.all_complete, within=minutes(30))
