"""SQS refuses to change the visibility timeout of returned jobs.

Claim: When OpenAI is down and SQS refuses to change the visibility timeout of returned jobs, the queue's own
visibility timeout applies, and the jobs complete at their next receive.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_visibility_change_fails(sim: Simulation) -> None:
    # Given OpenAI is down, and the visibility timeout of returned jobs cannot be changed.
    with sim.fault(faults.openai.down()), sim.fault(faults.queue.visibility_change_fails()):
        memories = sim.api.record(2)
        sim.run_for(minutes(20))
        assert memories.statuses == {"processing": 2}

    # When OpenAI is back, then both complete at the next receive.
    sim.run_until(memories.all_complete, within=hours(1))
    assert {memory["attempts"] for memory in memories.fetch()} == {2}
