"""OpenAI never responds, or responds a byte at a time."""

from sim import Simulation, faults, hours, minutes, needs


@needs.production_limits
def test_hanging_call_is_cancelled_and_retried(sim: Simulation) -> None:
    """OpenAI does not respond to one call.

    Claim: When OpenAI never responds to a transcription, the worker cancels the call in time to retry it at the same
    attempt.
    """
    # Given OpenAI never responds to the first transcription.
    with sim.fault(faults.openai.hanging(endpoint="transcription").first(1)):
        memories = sim.api.record(1)
        sim.run_until(memories.all_complete, within=minutes(10))

    # Then the call was cancelled in time for a second one at the same attempt.
    assert memories.one["attempts"] == 1
    assert memories.one["openai_calls"] == 3


@needs.virtual_time
def test_dripping_response_is_cancelled(sim: Simulation) -> None:
    """OpenAI sends its response a byte at a time.

    Claim: When OpenAI sends an analysis one byte every 50 s, the worker cancels the call, the transcript is readable,
    and the analysis follows when OpenAI sends complete responses again.
    """
    # Given OpenAI sends the analysis one byte every fifty seconds, which no read timeout notices.
    with sim.fault(faults.openai.dripping(pause=50, endpoint="chat")):
        memories = sim.api.record(1)
        sim.run_until(memories.all_waiting_for_analysis, within=minutes(10))

    # Then the transcript is readable, and the analysis follows when OpenAI sends complete responses again.
    assert memories.all_have_correct_transcripts()
    sim.run_until(memories.all_complete, within=hours(1))
