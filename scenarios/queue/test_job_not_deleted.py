"""SQS does not delete a processed job.

Claim: When SQS does not delete a processed job and delivers it again after its visibility timeout, the memory does
not change and OpenAI is not called again.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_processed_job_is_delivered_again(sim: Simulation) -> None:
    # Given the first deletions of the event source mapping fail.
    with sim.fault(faults.queue.delivered_twice().first(2)):
        memories = sim.api.record(2)
        sim.run_until(memories.all_complete, within=minutes(5))
        completed = memories.fetch()

        # When the jobs are delivered again, and deleted.
        sim.run_until(sim.queue.is_empty, within=hours(2))

    # Then no memory has changed.
    assert memories.fetch() == completed
    assert {memory["openai_calls"] for memory in memories.fetch()} == {2}
