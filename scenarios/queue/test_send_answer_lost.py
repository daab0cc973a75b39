"""SQS takes the job, and its answer gets lost on the way back.

Claim: the job is sent once more to be sure, and done and paid for once.
"""

from sim import Simulation, faults, invariants, minutes


def test_a_lost_answer_to_send_is_paid_once(sim: Simulation) -> None:
    # Given every answer to a send gets lost.
    with sim.fault(faults.queue.send_answer_lost().first(4)):
        # When people record, then they are told yes.
        memories = sim.api.record(2)

    # And although each job is in the queue more than once, each recording is worked off once.
    sim.run_until(memories.all_complete, within=minutes(10))
    sim.run_until(sim.queue.is_empty, within=minutes(10))
    assert {memory["openai_calls"] for memory in memories.fetch()} == {2}
    invariants.no_transcription_paid_twice(sim)
