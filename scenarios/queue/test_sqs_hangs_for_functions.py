"""SQS does not answer worker and relay."""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_sqs_hangs_for_the_relay(sim: Simulation) -> None:
    """The relay's sends are not answered.

    Claim: While SQS does not answer the relay, the jobs stay in the outbox, and the relay sends them within five
    minutes once SQS answers.
    """
    # Given recordings whose jobs are in the outbox.
    with sim.fault(faults.queue.down()):
        memories = sim.api.record(2)

    # When SQS does not answer the relay, then they stay there.
    with sim.fault(faults.queue.hanging_for_functions()) as hang:
        sim.run_until(hang.was_triggered, within=minutes(3))
        sim.run_for(minutes(2))
        assert memories.statuses == {"queued": 2}
        assert sim.queue.is_empty()

    # And once SQS answers, all complete without help.
    sim.run_until(memories.all_complete, within=minutes(5))


def test_sqs_hangs_for_the_worker(sim: Simulation) -> None:
    """The worker cannot change the visibility timeout of a job that it returns.

    Claim: When SQS does not answer the worker that returns a job, the worker ends before its deadline and the queue's
    own visibility timeout applies: the job is received again and completes once OpenAI is back.
    """
    # Given OpenAI is down, and SQS does not answer the worker that returns the job.
    with sim.fault(faults.openai.down()), sim.fault(faults.queue.hanging_for_functions()) as hang:
        memories = sim.api.record(1)
        sim.run_until(hang.was_triggered, within=minutes(5))
        sim.run_for(minutes(10))

    # When both work again, then the second receive completes the recording.
    sim.run_until(memories.all_complete, within=hours(1))
    assert memories.one["attempts"] == 2
