"""The model answers 200, but what it says is of no use.

Claim: garbage never becomes an analysis: the transcript stays readable, and the analysis follows when the model
makes sense again.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_a_garbage_analysis_leaves_the_transcript(sim: Simulation) -> None:
    # Given the model answers with something that breaks our schema.
    with sim.fault(faults.openai.bad_analysis()):
        memo = sim.api.record(1)

        # Then the transcript is there, with no analysis rather than a wrong one.
        sim.run_until(memo.all_waiting_for_analysis, within=minutes(1))
        assert memo.all_have_correct_transcripts()
        assert memo.one["analysis"] is None
        assert memo.one["failure"]["reason"] == "analysis_malformed"

    # And when the model makes sense again, so does the memory.
    sim.run_until(memo.all_complete, within=hours(1))
