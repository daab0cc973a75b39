"""SQS delivers earlier jobs later.

Claim: When SQS delivers earlier jobs ten minutes later than later ones, every recording completes with its own
transcript.
"""

from sim import Simulation, faults, minutes, needs


@needs.virtual_time
def test_jobs_out_of_order(sim: Simulation) -> None:
    # Given jobs that are delivered ten minutes late, and then jobs that are delivered at once.
    with sim.fault(faults.queue.delivered_late(minutes(10))):
        first = sim.api.record(3)
    last = sim.api.record(3)

    # When the jobs that were sent last are complete, then the first ones are still queued.
    sim.run_until(last.all_complete, within=minutes(5))
    assert first.statuses == {"queued": 3}

    # Then the first ones complete too, each with its own transcript.
    sim.run_until(first.all_complete, within=minutes(15))
    assert first.all_have_correct_transcripts()
    assert last.all_have_correct_transcripts()
