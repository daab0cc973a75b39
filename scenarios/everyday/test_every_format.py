"""People record on phones, in browsers and with dictation machines.

Claim: wav, mp3, m4a, ogg and webm, short and minutes long, all come back as the words that were spoken.
"""

from sim import Simulation, minutes, recordings


def test_every_format_is_understood(sim: Simulation) -> None:
    # Given one recording of each kind that we have.
    everyone = [sim.api.record(only=recording) for recording in recordings.all()]

    # When all of them are done, then each holds its own words.
    for memo in everyone:
        sim.run_until(memo.all_complete, within=minutes(2))
        assert memo.all_have_correct_transcripts()
