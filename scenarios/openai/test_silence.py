"""Somebody's phone records in their pocket, and OpenAI hears nothing.

Claim: silence is a memory like any other, with an empty transcript, and is not transcribed over and over.
"""

from sim import Simulation, faults, minutes, recordings


def test_silence_is_an_empty_transcript(sim: Simulation) -> None:
    # Given a recording in which there is nothing to hear.
    with sim.fault(faults.openai.empty_transcript()):
        sim.api.upload(recordings.silence())
        sim.run_until(sim.everything_is_complete, within=minutes(5))

    # Then it was asked about once, and nobody puts words into it.
    (memory,) = sim.api.list_memories("acme")
    assert sim.api.get_memory(memory["id"]).json()["transcript"] == ""
    assert [call["endpoint"] for call in sim.openai.all_calls()] == ["transcription", "chat"]
