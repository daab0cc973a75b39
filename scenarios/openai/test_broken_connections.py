"""Something between us and OpenAI breaks connections and answers with pages of its own.

Claim: resets, broken answers and a proxy's HTML are passing trouble: retried, never taken for a transcript.
"""

import pytest

from sim import Simulation, faults, minutes

BROKEN = {
    "refused": faults.openai.refused(),
    "HTML instead of JSON": faults.openai.html_page(),
    "an empty object": faults.openai.empty_object(),
    "a bad gateway": faults.openai.errors(status=502),
    "overloaded": faults.openai.errors(status=529),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_answer_is_asked_for_again(sim: Simulation, how: str) -> None:
    # Given the first answer to a transcription is broken in this way.
    with sim.fault(BROKEN[how].for_endpoint("transcription").first(1)):
        memo = sim.api.record(1)
        sim.run_until(memo.all_complete, within=minutes(5))

    # Then the second one is the transcript, within the same invocation.
    assert memo.all_have_correct_transcripts()
    assert memo.one["attempts"] == 1
