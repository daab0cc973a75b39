"""A recording without speech.

Claim: A recording without speech becomes a complete memory with an empty transcript, after one transcription and one
analysis.
"""

from sim import Simulation, faults, minutes, recordings


def test_silence_has_an_empty_transcript(sim: Simulation) -> None:
    # Given a recording without speech.
    with sim.fault(faults.openai.empty_transcript()):
        sim.api.upload(recordings.silence())
        sim.run_until(sim.everything_is_complete, within=minutes(5))

    # Then it is transcribed once, and its transcript is empty.
    (memory,) = sim.api.list_memories("acme")
    assert sim.api.get_memory(memory["id"]).json()["transcript"] == ""
    assert [call["endpoint"] for call in sim.openai.all_calls()] == ["transcription", "chat"]
