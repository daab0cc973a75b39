"""The audio is missing in S3 when the worker fetches it.

Claim: When the audio is missing in S3, the memory fails within minutes with the reason audio_missing, its job becomes
a dead letter without further receives, and OpenAI is not called.
"""

from sim import Simulation, faults, minutes


def test_missing_audio_fails_with_a_reason(sim: Simulation) -> None:
    # Given S3 answers the worker with 404.
    with sim.fault(faults.storage.object_missing()):
        memories = sim.api.record(1)

        # Then the memory fails within minutes, with the reason.
        sim.run_until(memories.all_failed, within=minutes(5))
        assert memories.failure_reasons == {"audio_missing": 1}

        # And its job becomes a dead letter without waiting for two more visibility timeouts.
        sim.run_until(sim.queue.is_empty, within=minutes(5))

    assert sim.queue.dead_letter_count() == 1
    assert memories.one["openai_calls"] == 0
