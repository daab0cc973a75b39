"""The worker is killed when it returns a job to the queue.

Claim: When a worker is killed right before or after it returns a job to SQS, the next receive completes the memory,
and there is no dead letter.
"""

import pytest

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time

KILLS = {"before": faults.worker.killed_before("return"), "after": faults.worker.killed_after("return")}


@pytest.mark.parametrize("moment", KILLS)
def test_killed_returning_the_job(sim: Simulation, moment: str) -> None:
    # Given an OpenAI outage as long as one invocation retries, and a worker that is killed when it returns the job.
    outage = faults.openai.errors(status=503, times=5, endpoint="transcription")
    with sim.fault(outage), sim.fault(KILLS[moment]) as kill:
        memories = sim.api.record(1)
        sim.run_until(kill.was_triggered, within=minutes(5))

    # Then the next receive completes the memory.
    sim.run_until(memories.all_complete, within=hours(1))
    assert memories.one["attempts"] == 2
    assert sim.queue.dead_letter_count() == 0
