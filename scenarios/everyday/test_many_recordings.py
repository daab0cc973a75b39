"""Ten recordings at once, in every format.

Claim: Ten recordings uploaded at once become ten complete memories, each with its own transcript.
"""

from sim import Simulation, minutes


def test_ten_recordings_at_once(sim: Simulation) -> None:
    # Given ten different recordings, uploaded at once.
    memories = sim.api.record(10)

    # When the queue has been processed.
    sim.run_until(memories.all_complete, within=minutes(2))

    # Then each memory has its own transcript.
    assert memories.all_have_correct_transcripts()
