"""The worker is killed right before and right after each of its steps.

Claim: wherever it dies, another worker goes on from the last commit, and nothing committed is paid for again.
"""

from collections.abc import Callable
from typing import Any

import pytest

from sim import Fault, Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time

MOMENTS = [
    (moment, step)
    for step in ("claim", "fetch", "transcript", "analysis")
    for moment in (faults.worker.killed_before, faults.worker.killed_after)
    # Between OpenAI's transcript and its commit, nobody on earth can avoid paying for it again.
    if (moment, step) != (faults.worker.killed_before, "transcript")
]


@pytest.mark.parametrize(("killed", "step"), MOMENTS, ids=lambda part: getattr(part, "__name__", part))
def test_killed_around_a_step(
    sim: Simulation, killed: Callable[[faults.worker.Step], Fault[Any]], step: faults.worker.Step
) -> None:
    # Given a worker that dies at the worst moment.
    with sim.fault(killed(step)) as death:
        memo = sim.api.record(1)
        sim.run_until(death.was_triggered, within=minutes(5))

    # Then the job comes back, and all is done once.
    sim.run_until(memo.all_complete, within=hours(3))
    sim.run_until(sim.queue.is_empty, within=hours(3))
    assert memo.all_have_correct_transcripts()
