"""SQS delivers at least once, not exactly once.

Claim: the same job delivered again, early or late, is paid for once and changes nothing.
"""

from sim import hours, minutes


def test_the_same_message_twice_is_paid_once(sim):
    # Given recordings whose jobs are delivered again while they are being worked on.
    memories = sim.api.record(3)
    sim.queue.deliver_again(memories)
    sim.run_until(memories.all_complete, within=minutes(1))

    # When they are delivered once more, after the fact.
    sim.queue.deliver_again(memories)
    sim.run_until(sim.queue.is_empty, within=hours(1))

    # Then every memory is as it was, and OpenAI was asked twice for each: to hear, and to think.
    assert memories.statuses == {"complete": 3}
    assert {memory["openai_calls"] for memory in memories.now()} == {2}
