"""Everybody records at once when the speech is over.

Claim: a burst of two hundred recordings is worked off with no more workers than allowed, each with its own words.
"""

from sim import Simulation, minutes


def test_a_burst_of_two_hundred(sim: Simulation) -> None:
    # Given two hundred recordings within seconds.
    memories = sim.api.record(200)

    # Then all of them complete, and none got another's transcript.
    sim.run_until(memories.all_complete, within=minutes(30))
    assert memories.all_have_correct_transcripts()
    assert sim.openai.peak_concurrency() <= sim.limits.maximum_concurrency
