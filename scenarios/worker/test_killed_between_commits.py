"""The worker is killed after the transcript was committed and before the analysis was.

Claim: work goes on from the last commit: the transcript is not paid for again.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_killed_between_transcript_and_analysis(sim: Simulation) -> None:
    # Given a worker that dies the moment it asks for the analysis.
    with sim.fault(faults.worker.killed_during("analysis")) as kill:
        memo = sim.api.record(1)
        sim.run_until(kill.was_triggered, within=minutes(1))
        assert memo.statuses == {"transcript_only": 1}

    # When the message comes back, then another worker takes over and finishes.
    sim.run_until(memo.all_complete, within=hours(1))
    assert memo.one["attempts"] == 2
    assert memo.all_have_correct_transcripts()
