"""The model refuses an analysis, filters it, or cuts it off.

Claim: When the model refuses an analysis, filters it, or cuts it off at its token limit, the worker gives up the
analysis with the reason, never retries it, and the transcript stays readable.
"""

import pytest

from sim import Simulation, faults, minutes, needs

GIVEN_UP = {"refusal": "analysis_refused", "content_filter": "analysis_filtered", "length": "analysis_truncated"}


@needs.virtual_time
@pytest.mark.parametrize("kind", GIVEN_UP)
def test_refused_analysis_is_given_up(sim: Simulation, kind: faults.openai.BadAnalysis) -> None:
    # Given the model does not analyse this recording.
    with sim.fault(faults.openai.bad_analysis(kind)):
        memories = sim.api.record(1)
        sim.run_until(memories.all_transcript_only, within=minutes(1))
        sim.run_until(sim.queue.is_empty, within=minutes(5))

    # Then the memory names the reason, and the analysis is never retried.
    sim.run_for(minutes(20))
    assert memories.failure_reasons == {GIVEN_UP[kind]: 1}
    assert memories.analysis_states == {"gave_up": 1}
    assert memories.all_have_correct_transcripts()
    assert memories.one["openai_calls"] == 2
