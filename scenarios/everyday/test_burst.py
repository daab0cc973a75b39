"""Two hundred recordings at once.

Claim: A burst of two hundred recordings is processed with no more concurrent workers than configured, and each memory
has its own transcript.
"""

from sim import Simulation, minutes


def test_burst_of_two_hundred_recordings(sim: Simulation) -> None:
    # Given two hundred recordings, uploaded at once.
    memories = sim.api.record(200)

    # Then all complete, each with its own transcript.
    sim.run_until(memories.all_complete, within=minutes(30))
    assert memories.all_have_correct_transcripts()
    assert sim.openai.peak_concurrency() <= sim.limits.maximum_concurrency
