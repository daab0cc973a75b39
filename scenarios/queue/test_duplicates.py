"""SQS delivers at least once, not exactly once.

Claim: the same job delivered again, early or late, is paid for once and changes nothing.
"""

from sim import Simulation, faults, hours, minutes, needs, seconds


@needs.virtual_time
def test_the_same_message_twice_is_paid_once(sim: Simulation) -> None:
    # Given recordings whose jobs are delivered again while OpenAI still listens to the first.
    with sim.fault(faults.openai.slow(seconds(30), endpoint="transcription")):
        memories = sim.api.record(3)
        sim.queue.redeliver(memories)
        sim.run_until(memories.all_complete, within=minutes(5))

    # When they are delivered once more, after the fact.
    sim.queue.redeliver(memories)
    sim.run_until(sim.queue.is_empty, within=hours(1))

    # Then every memory is as it was, and OpenAI was asked twice for each: to hear, and to think.
    assert memories.statuses == {"complete": 3}
    assert {memory["openai_calls"] for memory in memories.fetch()} == {2}


def test_delivered_again_when_all_is_done(sim: Simulation) -> None:
    # Given recordings that are done.
    memories = sim.api.record(3)
    sim.run_until(memories.all_complete, within=minutes(5))
    sim.run_until(sim.queue.is_empty, within=minutes(5))
    done = memories.fetch()

    # When their jobs are delivered once more.
    sim.queue.redeliver(memories)
    sim.run_until(sim.queue.is_empty, within=minutes(5))

    # Then every memory is as it was, to the last call of OpenAI.
    assert memories.fetch() == done
    assert {memory["openai_calls"] for memory in done} == {2}
