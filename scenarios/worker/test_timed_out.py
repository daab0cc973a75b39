"""A worker stands still until Lambda's deadline ends it.

Claim: the job comes back, another worker takes the lease over and does it.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_a_worker_that_times_out_is_taken_over_from(sim: Simulation) -> None:
    # Given a worker that gets no processor time any more, five minutes before its deadline.
    with sim.fault(faults.worker.timed_out()) as deadline:
        memo = sim.api.record(1)
        sim.run_until(deadline.was_triggered, within=minutes(10))
        assert memo.statuses == {"processing": 1}

    # Then Lambda has ended it, and another one does the work.
    sim.run_until(memo.all_complete, within=hours(2))
    assert memo.one["attempts"] == 2
    assert memo.all_have_correct_transcripts()
