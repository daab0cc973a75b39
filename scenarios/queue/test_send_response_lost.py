"""SQS enqueues jobs and its response is lost.

Claim: When SQS enqueues a job and its response is lost, the upload is accepted, the job is sent again, and each
recording is processed once and paid for once.
"""

from sim import Simulation, faults, invariants, minutes


def test_lost_send_response_is_paid_once(sim: Simulation) -> None:
    # Given the responses to sends are lost.
    with sim.fault(faults.queue.send_response_lost().first(4)):
        # When clients record, then the API accepts.
        memories = sim.api.record(2)

    # Then each recording is processed once, although its job was sent more than once.
    sim.run_until(memories.all_complete, within=minutes(10))
    sim.run_until(sim.queue.is_empty, within=minutes(10))
    assert {memory["openai_calls"] for memory in memories.fetch()} == {2}
    invariants.no_transcription_paid_twice(sim)
