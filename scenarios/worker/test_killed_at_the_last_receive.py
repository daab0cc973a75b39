"""OpenAI is down for two receives of a job, and at the third and last one the worker is killed.

Claim: a job that nobody could give a reason to is not left in the air: its memory fails in time, with one, and a
redrive completes it.
"""

from sim import Simulation, faults, hours, minutes, needs, seconds

pytestmark = needs.virtual_time


def test_killed_at_the_last_receive(sim: Simulation) -> None:
    # Given a job that failed twice, and whose last worker dies.
    with sim.fault(faults.openai.down()):
        memo = sim.api.record(1)
        sim.run_for(minutes(5) + seconds(sim.limits.visibility_timeout_seconds))
        assert memo.one["attempts"] == sim.limits.max_receive_count - 1
    with sim.fault(faults.worker.killed_during("transcription")) as death:
        sim.run_until(death.was_triggered, within=hours(2))

    # Then its message is dead-lettered, and the memory says so.
    sim.run_until(memo.all_failed, within=hours(4))
    assert sim.queue.dead_letter_count() == 1
    assert memo.one["failure"]["reason"]

    # When the operator redrives, then it completes.
    sim.operator.redrive()
    sim.run_until(memo.all_complete, within=minutes(5))
