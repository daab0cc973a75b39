"""OpenAI does not answer, and the worker is killed at its last step: giving the job back to the queue.

Claim: whether or not SQS heard it, the job comes back, and another worker does it.
"""

import pytest

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time

DEATHS = {"before": faults.worker.killed_before("return"), "after": faults.worker.killed_after("return")}


@pytest.mark.parametrize("moment", DEATHS)
def test_killed_around_giving_the_job_back(sim: Simulation, moment: str) -> None:
    # Given an outage as long as one invocation's patience, and a worker that dies as it gives up.
    outage = faults.openai.errors(status=503, times=5, endpoint="transcription")
    with sim.fault(outage), sim.fault(DEATHS[moment]) as death:
        memo = sim.api.record(1)
        sim.run_until(death.was_triggered, within=minutes(5))

    # Then the next receive does all of it.
    sim.run_until(memo.all_complete, within=hours(1))
    assert memo.one["attempts"] == 2
    assert sim.queue.dead_letter_count() == 0
