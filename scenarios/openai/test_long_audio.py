"""A recording is longer than OpenAI's model takes.

Claim: A recording longer than the model's 1,400 seconds fails after one call with the reason audio_too_long and leaves
no dead letter, and other recordings complete.
"""

from sim import Simulation, minutes, recordings


def test_audio_longer_than_the_model_takes(sim: Simulation) -> None:
    # Given a recording of 24 minutes, and others.
    upload = sim.api.upload(recordings.long_silence(1_440), file_name="lecture.mp3")
    others = sim.api.record(2)
    sim.run_until(others.all_complete, within=minutes(5))
    sim.run_until(sim.everything_is_done, within=minutes(5))

    # Then it failed with a reason for its owner, nothing was paid, and no operator has to look at it.
    long = sim.api.get_memory(upload.json()["id"]).json()
    assert (long["status"], long["failure"]["reason"]) == ("failed", "audio_too_long")
    assert long["openai_calls"] == 1
    assert sum(call["billed_seconds"] for call in sim.openai.all_calls() if call["memory_id"] == long["id"]) == 0
    assert sim.queue.dead_letter_count() == 0
