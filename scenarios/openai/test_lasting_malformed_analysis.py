"""The model answers every analysis with malformed content."""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_malformed_analysis_leaves_the_transcript(sim: Simulation) -> None:
    """The analyses are malformed for a while.

    Claim: While every analysis of the model is malformed, the transcript is readable and no wrong analysis is stored;
    the analysis follows when the answers are valid again.
    """
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


def test_malformed_analysis_is_given_up_in_the_end(sim: Simulation) -> None:
    """The analyses are malformed for hours.

    Claim: While every analysis of the model is malformed, OpenAI is paid for six at most; then the analysis is given up
    with the reason analysis_malformed, and its owner can ask for it again.
    """
    # Given the model answers with malformed JSON.
    with sim.fault(faults.openai.bad_analysis()):
        memories = sim.api.record(1)
        sim.run_until(lambda: memories.analysis_states == {"gave_up": 1}, within=hours(3))

    # Then it was asked six times, with growing gaps.
    assert len(sim.openai.calls(memories, "chat")) == 6
    assert memories.failure_reasons == {"analysis_malformed": 1}
    assert memories.all_have_correct_transcripts()

    # When its owner asks for the analysis again, then the memory completes.
    assert sim.api.request_analysis(memories.one["id"]).status_code == 202
    sim.run_until(memories.all_complete, within=minutes(5))
