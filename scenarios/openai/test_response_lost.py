"""OpenAI's response to an analysis is lost.

Claim: When the response to an analysis is lost or cut off, the worker requests the analysis again at the same
attempt, and not the transcript.
"""

import pytest

from sim import Simulation, faults, minutes

LOST = {"reset": faults.openai.resets(endpoint="chat"), "cut off": faults.openai.truncated(endpoint="chat")}


@pytest.mark.parametrize("how", LOST)
def test_lost_analysis_is_requested_again(sim: Simulation, how: str) -> None:
    # Given the response to the first analysis is lost.
    with sim.fault(LOST[how].first(1)):
        memories = sim.api.record(1)
        sim.run_until(memories.all_complete, within=minutes(5))

    # Then the second one arrives at the same attempt.
    assert memories.one["attempts"] == 1
    assert len(sim.openai.calls(memories, "transcription")) == 1
