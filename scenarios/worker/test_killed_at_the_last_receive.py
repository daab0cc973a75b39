"""The worker is killed at the last receive of a job.

Claim: When a worker is killed at the last receive of a job, the message becomes a dead letter, the memory fails with
a reason, and a redrive completes it.
"""

from sim import Simulation, faults, hours, minutes, needs, seconds

pytestmark = needs.virtual_time


def test_killed_at_the_last_receive(sim: Simulation) -> None:
    # Given a job that failed twice, and whose last worker is killed.
    with sim.fault(faults.openai.down()):
        memories = sim.api.record(1)
        sim.run_for(minutes(5) + seconds(sim.limits.visibility_timeout_seconds))
        assert memories.one["attempts"] == sim.limits.max_receive_count - 1
    with sim.fault(faults.worker.killed_during("transcription")) as kill:
        sim.run_until(kill.was_triggered, within=hours(2))

    # Then its message is a dead letter, and the memory fails with a reason.
    sim.run_until(memories.all_failed, within=hours(4))
    assert sim.queue.dead_letter_count() == 1
    assert memories.one["failure"]["reason"]

    # When the operator redrives, then the memory completes.
    sim.operator.redrive()
    sim.run_until(memories.all_complete, within=minutes(5))
