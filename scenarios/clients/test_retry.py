"""A client retries a failed memory."""

from sim import Simulation, faults, minutes, needs


@needs.virtual_time
def test_retry_after_the_failure_is_fixed(sim: Simulation) -> None:
    """A client retries a memory that failed because of a wrong OpenAI key.

    Claim: When a memory failed because of a wrong OpenAI key and the key is valid again, the retry of the client
    completes it without an operator; a second retry is answered 409.
    """
    # Given a recording that failed because OpenAI rejected the API key.
    with sim.fault(faults.openai.wrong_key()):
        memories = sim.api.record(1)
        sim.run_until(memories.all_failed, within=minutes(1))
        sim.run_until(sim.queue.is_empty, within=minutes(1))

    # When the key is valid again and the client retries, then the memory completes.
    assert sim.api.retry(memories.ids[0]).status_code == 202
    sim.run_until(memories.all_complete, within=minutes(5))
    assert memories.all_have_correct_transcripts()

    # And a second retry is a conflict. The dead letter is no longer needed.
    assert sim.api.retry(memories.ids[0]).status_code == 409
    assert [letter["why"] for letter in sim.operator.dead_letters()] == ["done"]
    sim.operator.purge("done")


def test_retry_while_sqs_is_down(sim: Simulation) -> None:
    """A client retries a failed memory while the API cannot reach SQS.

    Claim: While the API cannot reach SQS, it accepts the retry of a failed memory, and the relay sends the job
    afterwards.
    """
    # Given a recording that failed.
    with sim.fault(faults.openai.wrong_key()):
        memories = sim.api.record(1)
        sim.run_until(memories.all_failed, within=minutes(1))
        sim.run_until(sim.queue.is_empty, within=minutes(1))

    # When the client retries while the API cannot reach SQS, then the API accepts the retry.
    with sim.fault(faults.queue.down()):
        assert sim.api.retry(memories.ids[0]).status_code == 202
        assert memories.statuses == {"queued": 1}

    # And the relay sends the job.
    sim.run_until(memories.all_complete, within=minutes(5))
    sim.operator.purge("done")
