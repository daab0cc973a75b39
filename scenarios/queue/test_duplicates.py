"""SQS delivers a job more than once."""

from sim import Simulation, faults, hours, minutes, needs, seconds


@needs.virtual_time
def test_duplicate_delivery_while_processing(sim: Simulation) -> None:
    """SQS delivers a job again while it is processed, and once more afterwards.

    Claim: When SQS delivers a job again while a worker processes it, and once more afterwards, the memory completes
    once and OpenAI is called once for each step.
    """
    # Given recordings whose jobs are delivered again while OpenAI transcribes them.
    with sim.fault(faults.openai.slow(seconds(30), endpoint="transcription")):
        memories = sim.api.record(3)
        sim.queue.redeliver(memories)
        sim.run_until(memories.all_complete, within=minutes(5))

    # When the jobs are delivered once more, after completion.
    sim.queue.redeliver(memories)
    sim.run_until(sim.queue.is_empty, within=hours(1))

    # Then every memory is complete, after one transcription and one analysis.
    assert memories.statuses == {"complete": 3}
    assert {memory["openai_calls"] for memory in memories.fetch()} == {2}


def test_duplicate_delivery_after_completion(sim: Simulation) -> None:
    """SQS delivers a job again after the memory is complete.

    Claim: When SQS delivers the job of a complete memory again, the memory does not change and OpenAI is not called.
    """
    # Given complete memories.
    memories = sim.api.record(3)
    sim.run_until(memories.all_complete, within=minutes(5))
    sim.run_until(sim.queue.is_empty, within=minutes(5))
    completed = memories.fetch()

    # When their jobs are delivered again.
    sim.queue.redeliver(memories)
    sim.run_until(sim.queue.is_empty, within=minutes(5))

    # Then no memory has changed, and OpenAI was not called again.
    assert memories.fetch() == completed
    assert {memory["openai_calls"] for memory in completed} == {2}
