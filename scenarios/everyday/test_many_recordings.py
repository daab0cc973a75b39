"""Ten people record at the same time, in every format we take.

Claim: ten recordings at once become ten memories, each with its own words.
"""

from sim import Simulation, minutes


def test_ten_at_once_each_get_their_own_words(sim: Simulation) -> None:
    # Given ten different recordings, uploaded side by side.
    memories = sim.api.record(10)

    # When the queue has been worked off.
    sim.run_until(memories.all_complete, within=minutes(2))

    # Then no two got each other's transcript.
    assert memories.all_have_correct_transcripts()
