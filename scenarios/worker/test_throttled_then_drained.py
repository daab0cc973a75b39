"""An operator pulls the brake: the worker's reserved concurrency is set to zero, and lifted later.

Claim: jobs wait, nothing is lost or dead-lettered, and the backlog drains by itself.
"""

from sim import Simulation, faults, hours, minutes, needs, seconds


@needs.visibility_timeouts  # what Lambda took and could not work off comes back no earlier
def test_held_back_for_a_moment(sim: Simulation) -> None:
    # Given no worker may run for a while.
    with sim.fault(faults.worker.throttled()):
        memories = sim.api.record(4)
        sim.run_for(seconds(20))
        assert memories.statuses == {"queued": 4}

    # When the brake is off again, then all complete.
    sim.run_until(memories.all_complete, within=hours(2))
    assert sim.queue.dead_letter_queue_is_empty()


@needs.virtual_time
def test_throttled_to_zero_then_drained(sim: Simulation) -> None:
    # Given no worker may run.
    with sim.fault(faults.worker.throttled()):
        memories = sim.api.record(8)
        sim.run_for(minutes(50))
        assert memories.statuses == {"queued": 8}

    # When the brake is off again, then all complete.
    sim.run_until(memories.all_complete, within=hours(2))
    assert sim.queue.dead_letter_queue_is_empty()
