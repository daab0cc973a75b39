"""The worker is frozen until Lambda kills it at its timeout.

Claim: When a worker is frozen until Lambda kills it at its timeout, the job is delivered again, and another worker
takes over the lease and completes the memory.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_worker_that_times_out_is_replaced(sim: Simulation) -> None:
    # Given a worker that is frozen until its timeout.
    with sim.fault(faults.worker.timed_out()) as timeout:
        memories = sim.api.record(1)
        sim.run_until(timeout.was_triggered, within=minutes(10))
        assert memories.statuses == {"processing": 1}

    # Then another worker completes the memory.
    sim.run_until(memories.all_complete, within=hours(2))
    assert memories.one["attempts"] == 2
    assert memories.all_have_correct_transcripts()
