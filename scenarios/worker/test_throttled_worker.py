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


@needs.virtual_time
def test_throttled_beyond_the_outage_tolerance(sim: Simulation) -> None:
    """The worker is throttled for three and a half hours, twice the outage tolerance.

    Claim: While the reserved concurrency of the worker is zero for three and a half hours, jobs are received without a
    worker until they are dead letters; the relay sends them again, and once workers may run all complete without an
    operator.
    """
    # Given no worker may run for three and a half hours.
    with sim.fault(faults.worker.throttled()):
        memories = sim.api.record(4)
        # When SQS has dead-lettered the jobs, which no worker has seen, then no memory fails.
        sim.run_until(lambda: not sim.queue.dead_letter_queue_is_empty(), within=hours(3))
        sim.run_for(hours(2))
        assert memories.statuses == {"queued": 4}

    # When workers may run again, then all complete.
    sim.run_until(memories.all_complete, within=hours(2))
    assert sim.queue.dead_letter_queue_is_empty()
    sim.run_until(sim.operator.alarm_is_off, within=minutes(5))


@needs.virtual_time
def test_throttled_after_a_first_receive(sim: Simulation) -> None:
    """OpenAI is down at the first receive; then the worker is throttled for four hours.

    Claim: When a worker has returned a job and Lambda then throttles the worker for four hours, no memory fails, and
    once workers may run all complete without an operator.
    """
    # Given jobs that workers have returned, because OpenAI is down.
    with sim.fault(faults.openai.down()):
        memories = sim.api.record(3)
        sim.run_for(minutes(10))
        assert memories.statuses == {"processing": 3}

    # When no worker may run for four hours, then no memory fails.
    with sim.fault(faults.worker.throttled()):
        sim.run_for(hours(4))
        assert memories.statuses == {"processing": 3}

    # And when workers may run again, all complete.
    sim.run_until(memories.all_complete, within=hours(2))
    assert sim.queue.dead_letter_queue_is_empty()
