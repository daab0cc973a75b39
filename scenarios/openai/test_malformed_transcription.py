"""OpenAI answers transcriptions with 200 and no whole transcript.

Claim: While OpenAI answers every transcription with a 200 that has no transcript or breaks off, each receive pays for
one call at most, the recording fails with the reason transcription_malformed, and one redrive completes it.
"""

import pytest

from sim import Simulation, faults, hours, needs

pytestmark = needs.virtual_time
ANSWERS = {
    "an HTML page": faults.openai.html_page(200),
    "{}": faults.openai.empty_object(),
    "a body that breaks off": faults.openai.truncated(),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_malformed_transcription_is_paid_once_for_each_receive(sim: Simulation, answer: str) -> None:
    # Given no answer has a whole transcript.
    with sim.fault(ANSWERS[answer].for_endpoint("transcription")):
        memories = sim.api.record(1)
        sim.run_until(memories.all_failed, within=hours(3))

    # Then each receive made one call.
    assert memories.failure_reasons == {"transcription_malformed": 1}
    assert memories.one["openai_calls"] == sim.limits.max_receive_count

    # When the answers are right again and the operator redrives, then it completes.
    sim.operator.redrive("transcription_malformed")
    sim.run_until(memories.all_complete, within=hours(1))


@pytest.mark.parametrize("answer", ANSWERS)
def test_malformed_transcription_is_requested_at_the_next_receive(sim: Simulation, answer: str) -> None:
    """One answer has no whole transcript, and the next one has.

    Claim: When only OpenAI's first answer to a transcription is a 200 that has no transcript or breaks off, the next
    receive of the job, and not the same one, asks again and completes the memory.
    """
    # Given the first answer has no whole transcript.
    with sim.fault(ANSWERS[answer].for_endpoint("transcription").first(1)):
        memories = sim.api.record(1)
        sim.run_until(memories.all_complete, within=hours(1))

    # Then the second receive got the transcript.
    assert memories.all_have_correct_transcripts()
    assert memories.one["attempts"] == 2
