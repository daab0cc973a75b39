"""The reserved concurrency of the worker is set to zero, and removed later."""

from sim import Simulation, faults, hours, minutes, needs, seconds


@needs.visibility_timeouts  # throttled messages return after their visibility timeout
def test_throttled_for_twenty_seconds(sim: Simulation) -> None:
    """The reserved concurrency of the worker is zero for twenty seconds.

    Claim: While the reserved concurrency of the worker is zero for twenty seconds, jobs wait; afterwards all
    complete, without a dead letter.
    """
    # Given no worker may run for twenty seconds.
    with sim.fault(faults.worker.throttled()):
        memories = sim.api.record(4)
        sim.run_for(seconds(20))
        assert memories.statuses == {"queued": 4}

    # When workers may run again, then all complete.
    sim.run_until(memories.all_complete, within=hours(2))
    assert sim.queue.dead_letter_queue_is_empty()


@needs.virtual_time
def test_throttled_for_fifty_minutes(sim: Simulation) -> None:
    """The reserved concurrency of the worker is zero for fifty minutes.

    Claim: While the reserved concurrency of the worker is zero for fifty minutes, jobs wait; afterwards the backlog
    drains by itself, without a dead letter.
    """
    # Given no worker may run for fifty minutes.
    with sim.fault(faults.worker.throttled()):
        memories = sim.api.record(8)
        sim.run_for(minutes(50))
        assert memories.statuses == {"queued": 8}

    # When workers may run again, then all complete.
    sim.run_until(memories.all_complete, within=hours(2))
    assert sim.queue.dead_letter_queue_is_empty()
