"""A recording just under the size limit.

Claim: A recording of almost 25 MiB completes with its transcript like any other.
"""

from sim import Simulation, minutes, recordings


def test_large_recording(sim: Simulation) -> None:
    # Given a recording just under the size limit of OpenAI.
    lecture = recordings.enlarged(recordings.by_name("dentist-reminder"), 26_000_000)
    accepted = sim.api.upload(lecture, file_name="lecture.wav")
    assert accepted.status_code == 202

    # Then it completes with its transcript.
    sim.run_until(sim.everything_is_done, within=minutes(5))
    memory = sim.api.get_memory(accepted.json()["id"]).json()
    assert memory["status"] == "complete"
    assert memory["transcript"] == recordings.by_name("dentist-reminder").transcript
