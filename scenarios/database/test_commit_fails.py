"""Postgres loses every commit of one step.

Claim: While every commit of one worker step fails, its job is not acknowledged: it stays in the queue, and once
commits succeed the memory completes with one transcription.
"""

import pytest

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time

MORE_THAN_A_WORKER_TRIES = 20


@pytest.mark.parametrize("step", ["claim", "analysis"])
def test_failed_commit_is_not_acknowledged(sim: Simulation, step: faults.database.Commit) -> None:
    # Given a commit that fails, however often the worker tries it.
    with sim.fault(faults.database.commit_lost(step, times=MORE_THAN_A_WORKER_TRIES)):
        memories = sim.api.record(1)
        sim.run_for(minutes(10))

        # Then the job is still in the queue.
        assert not sim.queue.is_empty()

    # And once commits succeed, the memory completes with one transcription.
    sim.run_until(memories.all_complete, within=hours(1))
    assert len(sim.openai.calls(memories, "transcription")) == 1
