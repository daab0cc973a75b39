"""What made a recording fail is mended, and its owner asks for it again, without an operator.

Claim: a failed memory that is retried completes as any other, is paid for once, and what has not failed is left alone.
"""

from sim import Simulation, faults, minutes, needs


@needs.virtual_time
def test_a_retry_after_the_trouble_completes(sim: Simulation) -> None:
    # Given a recording that failed, because OpenAI did not take our key.
    with sim.fault(faults.openai.wrong_key()):
        memo = sim.api.record(1)
        sim.run_until(memo.all_failed, within=minutes(1))
        sim.run_until(sim.queue.is_empty, within=minutes(1))

    # When its owner asks for it again, with the key right again, then it completes.
    assert sim.api.retry(memo.ids[0]).status_code == 202
    sim.run_until(memo.all_complete, within=minutes(5))
    assert memo.all_have_correct_transcripts()

    # And asking once more is a conflict; its dead letter is one that nobody needs.
    assert sim.api.retry(memo.ids[0]).status_code == 409
    assert [letter["why"] for letter in sim.operator.dead_letters()] == ["done"]
    sim.operator.purge("done")


def test_a_retry_while_sqs_is_down_is_not_lost(sim: Simulation) -> None:
    # Given a recording that failed.
    with sim.fault(faults.openai.wrong_key()):
        memo = sim.api.record(1)
        sim.run_until(memo.all_failed, within=minutes(1))
        sim.run_until(sim.queue.is_empty, within=minutes(1))

    # When its owner asks for it again while the API can not reach SQS, then the answer is yes all the same.
    with sim.fault(faults.queue.down()):
        assert sim.api.retry(memo.ids[0]).status_code == 202
        assert memo.statuses == {"queued": 1}

    # And the relay sends its job.
    sim.run_until(memo.all_complete, within=minutes(5))
    sim.operator.purge("done")
