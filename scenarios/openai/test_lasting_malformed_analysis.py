"""The model answers every analysis with malformed content for a while.

Claim: While every analysis of the model is malformed, the transcript is readable and no wrong analysis is stored; the
analysis follows when the answers are valid again.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_malformed_analysis_leaves_the_transcript(sim: Simulation) -> None:
    # Given the model answers with malformed JSON.
    with sim.fault(faults.openai.bad_analysis()):
        memories = sim.api.record(1)

        # Then the memory has its transcript, no analysis, and a reason.
        sim.run_until(memories.all_waiting_for_analysis, within=minutes(1))
        assert memories.all_have_correct_transcripts()
        assert memories.one["analysis"] is None
        assert memories.one["failure"]["reason"] == "analysis_malformed"

    # When the answers are valid again, then the memory completes.
    sim.run_until(memories.all_complete, within=hours(1))
