"""OpenAI works an analysis out, and its answer breaks off, or never arrives.

Claim: it is asked for again within the same invocation, and the transcript is not.
"""

import pytest

from sim import Simulation, faults, minutes

LOST = {"reset": faults.openai.resets(endpoint="chat"), "in its middle": faults.openai.truncated(endpoint="chat")}


@pytest.mark.parametrize("how", LOST)
def test_an_analysis_that_gets_lost_is_asked_for_again(sim: Simulation, how: str) -> None:
    # Given the first analysis does not reach us whole.
    with sim.fault(LOST[how].first(1)):
        memo = sim.api.record(1)
        sim.run_until(memo.all_complete, within=minutes(5))

    # Then the second one did, at the same attempt.
    assert memo.one["attempts"] == 1
    assert len(sim.openai.calls(memo, "transcription")) == 1
