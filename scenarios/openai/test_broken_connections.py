"""Connections to OpenAI break, or a proxy answers.

Claim: When OpenAI's first response is a refused connection, a proxy's HTML error page, a gateway error or an overload,
the worker retries at the same attempt, and the transcript is right.
"""

import pytest

from sim import Simulation, faults, minutes

BROKEN = {
    "refused": faults.openai.refused(),
    "an HTML error page": faults.openai.html_page(502),
    "a bad gateway": faults.openai.errors(status=502),
    "overloaded": faults.openai.errors(status=529),
}


@pytest.mark.parametrize("how", BROKEN)
def test_broken_response_is_retried(sim: Simulation, how: str) -> None:
    # Given the first response to a transcription is broken in this way.
    with sim.fault(BROKEN[how].for_endpoint("transcription").first(1)):
        memories = sim.api.record(1)
        sim.run_until(memories.all_complete, within=minutes(5))

    # Then the second one is the transcript, at the same attempt.
    assert memories.all_have_correct_transcripts()
    assert memories.one["attempts"] == 1
