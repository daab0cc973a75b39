"""Recordings in every audio format.

Claim: Recordings in wav, mp3, m4a, ogg and webm, from short to minutes long, complete with the transcript of their
words.
"""

from sim import Simulation, minutes, recordings


def test_every_format_is_transcribed(sim: Simulation) -> None:
    # Given one recording of each kind.
    uploaded = [sim.api.record(only=recording) for recording in recordings.all()]

    # Then each completes with its own transcript.
    for memories in uploaded:
        sim.run_until(memories.all_complete, within=minutes(2))
        assert memories.all_have_correct_transcripts()
