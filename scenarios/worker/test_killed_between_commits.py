"""The worker is killed between the commits of transcript and analysis.

Claim: When a worker is killed after it committed the transcript and before the analysis, another one completes the
memory at the second attempt, and the transcript is not paid for again.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_killed_between_transcript_and_analysis(sim: Simulation) -> None:
    # Given a worker that is killed while it waits for the analysis.
    with sim.fault(faults.worker.killed_during("analysis")) as kill:
        memories = sim.api.record(1)
        sim.run_until(kill.was_triggered, within=minutes(1))
        assert memories.statuses == {"transcript_only": 1}

    # When the message is delivered again, then another worker completes the memory.
    sim.run_until(memories.all_complete, within=hours(1))
    assert memories.one["attempts"] == 2
    assert memories.all_have_correct_transcripts()
