"""The worker's machine dies while OpenAI is listening to the recording.

Claim: a worker that dies is replaced: its lease runs out, its message comes back, and another one finishes.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_killed_during_the_transcription(sim: Simulation) -> None:
    # Given a worker that is killed while it waits for a transcript.
    with sim.fault(faults.worker.killed_during("transcription")) as kill:
        memo = sim.api.record(1)
        sim.run_until(kill.was_triggered, within=minutes(1))

    # When the message comes back, then the second worker does all of it.
    sim.run_until(memo.all_complete, within=hours(1))
    assert memo.one["attempts"] == 2
    assert memo.all_have_correct_transcripts()
