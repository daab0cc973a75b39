"""Somebody records a memory.

Claim: a recording becomes a transcript of its own words and an analysis, paid for once.
"""

from sim import Simulation, minutes


def test_one_recording_becomes_a_memory(sim: Simulation) -> None:
    # Given somebody who records one memo.
    memo = sim.api.record(1)

    # When the pipeline has had a moment.
    sim.run_until(memo.all_complete, within=minutes(1))

    # Then it holds the words that were spoken, and what the model makes of them.
    assert memo.all_have_correct_transcripts()
    assert memo.one["analysis"]["summary"]
    assert memo.one["attempts"] == 1
    assert memo.one["openai_calls"] == 2
