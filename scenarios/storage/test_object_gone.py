"""The audio is gone from S3 before the worker came to fetch it.

Claim: the memory fails at once with a reason for its owner; nobody asks OpenAI, and nobody tries in vain for hours.
"""

from sim import Simulation, faults, minutes


def test_audio_that_is_gone_fails_with_a_reason(sim: Simulation) -> None:
    # Given S3 no longer has what was uploaded.
    with sim.fault(faults.storage.object_missing()):
        memo = sim.api.record(1)

        # Then the memory fails within minutes, and says why.
        sim.run_until(memo.all_failed, within=minutes(5))
        assert memo.failure_reasons == {"audio_missing": 1}

        # And its job reaches the dead-letter queue without waiting for two more visibility timeouts.
        sim.run_until(sim.queue.is_empty, within=minutes(5))

    assert sim.queue.dead_letter_count() == 1
    assert memo.one["openai_calls"] == 0
