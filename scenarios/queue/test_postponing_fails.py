"""OpenAI is down for a while, and SQS does not let the worker postpone its jobs.

Claim: the queue's own visibility timeout holds instead, and the jobs complete by themselves all the same.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_jobs_that_can_not_be_postponed_come_back_by_themselves(sim: Simulation) -> None:
    # Given OpenAI is down, and a returned job's time can not be set.
    with sim.fault(faults.openai.down()), sim.fault(faults.queue.visibility_change_fails()):
        memories = sim.api.record(2)
        sim.run_for(minutes(20))
        assert memories.statuses == {"processing": 2}

    # When OpenAI is back, then both complete at the next delivery.
    sim.run_until(memories.all_complete, within=hours(1))
    assert {memory["attempts"] for memory in memories.fetch()} == {2}
