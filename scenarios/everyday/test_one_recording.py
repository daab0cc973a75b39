"""One recording.

Claim: A recording becomes a complete memory, with its transcript and an analysis, at the first attempt and with two
calls to OpenAI.
"""

from sim import Simulation, minutes


def test_one_recording_becomes_a_memory(sim: Simulation) -> None:
    # Given one recording.
    memories = sim.api.record(1)

    # When the pipeline has processed it.
    sim.run_until(memories.all_complete, within=minutes(1))

    # Then the memory has the transcript of its words and an analysis.
    assert memories.all_have_correct_transcripts()
    assert memories.one["analysis"]["summary"]
    assert memories.one["attempts"] == 1
    assert memories.one["openai_calls"] == 2
