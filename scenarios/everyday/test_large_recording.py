"""Somebody records a lecture, right up to the limit.

Claim: a recording of almost 25 MiB goes through like any other.
"""

from sim import Simulation, minutes, recordings


def test_a_large_recording_goes_through(sim: Simulation) -> None:
    # Given a recording just under what OpenAI takes.
    lecture = recordings.enlarged(recordings.by_name("dentist-reminder"), 26_000_000)
    accepted = sim.api.upload(lecture, file_name="lecture.wav")
    assert accepted.status_code == 202

    # Then its words come back.
    sim.run_until(sim.everything_is_done, within=minutes(5))
    memory = sim.api.get_memory(accepted.json()["id"]).json()
    assert memory["status"] == "complete"
    assert memory["transcript"] == recordings.by_name("dentist-reminder").transcript
