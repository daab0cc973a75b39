"""SQS does not delete a job that was done, and delivers it again half an hour later.

Claim: a job that comes back after it was done changes nothing and costs nothing.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_a_job_that_was_done_and_comes_back_changes_nothing(sim: Simulation) -> None:
    # Given the mapping's first deletions fail.
    with sim.fault(faults.queue.delivered_twice().first(2)):
        memories = sim.api.record(2)
        sim.run_until(memories.all_complete, within=minutes(5))
        done = memories.fetch()

        # When the jobs come back and are deleted at last.
        sim.run_until(sim.queue.is_empty, within=hours(2))

    # Then every memory is as it was.
    assert memories.fetch() == done
    assert {memory["openai_calls"] for memory in memories.fetch()} == {2}
