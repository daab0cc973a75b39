"""The model answers, but it refuses, is filtered, or stops in the middle.

Claim: an analysis that will never be of use is given up with its reason, and the transcript stays readable.
"""

import pytest

from sim import Simulation, faults, minutes, needs

GIVEN_UP = {"refusal": "analysis_refused", "content_filter": "analysis_filtered", "length": "analysis_truncated"}


@needs.virtual_time
@pytest.mark.parametrize("kind", GIVEN_UP)
def test_what_the_same_transcript_gives_again_is_given_up(sim: Simulation, kind: faults.openai.BadAnalysis) -> None:
    # Given the model will not analyse this recording.
    with sim.fault(faults.openai.bad_analysis(kind)):
        memo = sim.api.record(1)
        sim.run_until(memo.all_transcript_only, within=minutes(1))
        sim.run_until(sim.queue.is_empty, within=minutes(5))

    # Then it says so, and nobody asks again when the time for it would have come.
    sim.run_for(minutes(20))
    assert memo.failure_reasons == {GIVEN_UP[kind]: 1}
    assert memo.analysis_states == {"gave_up": 1}
    assert memo.all_have_correct_transcripts()
    assert memo.one["openai_calls"] == 2
