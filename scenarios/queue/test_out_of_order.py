"""SQS delivers what was sent first ten minutes after what was sent last.

Claim: order does not matter: each recording gets its own words, the early ones as well as the late ones.
"""

from sim import Simulation, faults, minutes, needs


@needs.virtual_time
def test_jobs_out_of_order_change_nothing(sim: Simulation) -> None:
    # Given jobs that show up ten minutes after they were sent, and then some that show up at once.
    with sim.fault(faults.queue.delivered_late(minutes(10))):
        first = sim.api.record(3)
    last = sim.api.record(3)

    # When those that were sent last are done, the first have not even begun.
    sim.run_until(last.all_complete, within=minutes(5))
    assert first.statuses == {"queued": 3}

    # Then they complete as well, each with its own words.
    sim.run_until(first.all_complete, within=minutes(15))
    assert first.all_have_correct_transcripts()
    assert last.all_have_correct_transcripts()
