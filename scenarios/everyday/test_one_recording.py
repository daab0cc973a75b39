"""One recording.

Claim: A recording becomes a complete memory, with its transcript and an analysis, at the first attempt and with two
calls to OpenAI.
"""

from sim import Simulation, minutes


def test_one_recording_becomes_a_memory(sim: Simulation) -> None:
    # Given one recording.
    memo = sim.api.record(1)

    # When the pipeline has processed it.
    sim.run_until(memo.all_complete, within=minutes(1))

    # Then the memory has the transcript of its words and an analysis.
    assert memo.all_have_correct_transcripts()
    assert memo.one["analysis"]["summary"]
    assert memo.one["attempts"] == 1
    assert memo.one["openai_calls"] == 2
