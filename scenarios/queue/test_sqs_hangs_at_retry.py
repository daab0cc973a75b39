"""The network swallows everything between the API and SQS while an owner retries a memory.

Claim: While SQS hangs, the retry of a failed memory is accepted within three seconds, and on a slow machine within
1.5 s more than usual; lists, audio links and deletions are answered in the same time, and the relay sends the job once
SQS answers.
"""

from sim import Simulation, faults, minutes

PROMISE_SECONDS = 3.0
WAIT_FOR_SQS_SECONDS = 1.5
"""The product's own bound."""


def test_sqs_hangs_at_retry(sim: Simulation) -> None:
    # Given a complete memory, one to delete, and one that failed because OpenAI could not read its audio.
    kept, unwanted = sim.api.record(2).ids
    sim.run_until(sim.everything_is_complete, within=minutes(5))
    with sim.fault(faults.openai.unreadable_audio().first(1)):
        failed = sim.api.record(1)
        sim.run_until(failed.all_failed, within=minutes(1))
        sim.run_until(sim.queue.is_empty, within=minutes(1))
    usual_seconds = sim.api.longest_wait_seconds

    # When SQS hangs.
    with sim.fault(faults.queue.hanging()):
        # Then the retry is accepted in time, and what needs no SQS is answered.
        assert sim.api.retry(failed.ids[0]).status_code == 202
        assert sim.api.request_audio_link(kept).status_code == 307
        assert sim.api.delete(unwanted).status_code == 204
        assert len(sim.api.list_memories("acme")) == 2
        assert sim.api.longest_wait_seconds <= max(PROMISE_SECONDS, usual_seconds + WAIT_FOR_SQS_SECONDS)
        assert failed.statuses == {"queued": 1}

    # And afterwards it completes without help.
    sim.run_until(failed.all_complete, within=minutes(5))
