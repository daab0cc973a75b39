"""The worker is killed right before or after one of its steps.

Claim: When a worker is killed right before or after any of its steps, another one continues from the last commit, and
nothing that was committed is paid for again.
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
    # A transcript that OpenAI has billed and that is not committed is paid for again: that cannot be avoided.
    if (moment, step) != (faults.worker.killed_before, "transcript")
]


@pytest.mark.parametrize(("killed", "step"), MOMENTS, ids=lambda part: getattr(part, "__name__", part))
def test_killed_at_a_step(
    sim: Simulation, killed: Callable[[faults.worker.Step], Fault[Any]], step: faults.worker.Step
) -> None:
    # Given a worker that is killed at the step.
    with sim.fault(killed(step)) as kill:
        memories = sim.api.record(1)
        sim.run_until(kill.was_triggered, within=minutes(5))

    # Then the job is delivered again, and the memory completes.
    sim.run_until(memories.all_complete, within=hours(3))
    sim.run_until(sim.queue.is_empty, within=hours(3))
    assert memories.all_have_correct_transcripts()
