"""The worker is killed during the transcription.

Claim: When a worker is killed while OpenAI transcribes, its lease expires, its message is delivered again, and
another worker completes the memory at the second attempt.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_killed_during_transcription(sim: Simulation) -> None:
    # Given a worker that is killed while it waits for a transcript.
    with sim.fault(faults.worker.killed_during("transcription")) as kill:
        memories = sim.api.record(1)
        sim.run_until(kill.was_triggered, within=minutes(1))

    # When the message is delivered again, then another worker completes the memory.
    sim.run_until(memories.all_complete, within=hours(1))
    assert memories.one["attempts"] == 2
    assert memories.all_have_correct_transcripts()
