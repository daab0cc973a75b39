"""An answer of OpenAI is larger than a worker can hold.

Claim: When OpenAI answers a transcription with an endless text, compressed or not, no worker runs out of memory or
stores it, and the recording completes at the next receive.
"""

import pytest

from sim import Simulation, faults, hours, needs

ANSWERS = {"32 MiB": faults.openai.oversized(32), "256 MiB in gzip": faults.openai.decompression_bomb(256)}


@needs.virtual_time
@pytest.mark.parametrize("answer", ANSWERS)
def test_large_answer_is_not_read_to_its_end(sim: Simulation, answer: str) -> None:
    # Given the first transcription is answered without end.
    with sim.fault(ANSWERS[answer].for_endpoint("transcription").first(1)):
        memories = sim.api.record(1)

        # Then the next receive completes the recording, with its own words.
        sim.run_until(memories.all_complete, within=hours(2))
    assert memories.all_have_correct_transcripts()
    assert memories.one["attempts"] == 2
    assert memories.one["openai_calls"] == 3
