"""S3 does not answer worker and relay.

Claim: While S3 answers neither worker nor relay, the relay still sends what the outbox holds and the worker returns
each job before its deadline; the next receive completes it, and each recording is paid for once.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_s3_hangs_for_worker_and_relay(sim: Simulation) -> None:
    # Given recordings whose jobs are in the outbox.
    with sim.fault(faults.queue.down()):
        memories = sim.api.record(2)
        assert memories.statuses == {"queued": 2}

    # When S3 hangs, then the relay sends the jobs, and the worker returns each that it cannot fetch the audio for.
    with sim.fault(faults.storage.hanging_for_functions()):
        sim.run_for(minutes(5))
    assert memories.statuses == {"processing": 2}

    # And once S3 answers, the second receive completes each.
    sim.run_until(memories.all_complete, within=hours(1))
    assert {(memory["attempts"], memory["openai_calls"]) for memory in memories.fetch()} == {(2, 2)}
    assert memories.all_have_correct_transcripts()
