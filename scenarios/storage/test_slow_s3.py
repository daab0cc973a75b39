"""S3 takes twenty seconds for a download.

Claim: When S3 takes twenty seconds to give the audio to a worker, the memory still completes at its first attempt.
"""

from sim import Simulation, faults, minutes, needs, seconds


@needs.production_limits
def test_slow_s3(sim: Simulation) -> None:
    # Given S3 takes twenty seconds for each download.
    with sim.fault(faults.storage.slow(seconds(20))):
        memories = sim.api.record(1)
        sim.run_until(memories.all_complete, within=minutes(5))

    # Then one attempt is enough.
    assert memories.one["attempts"] == 1
    assert memories.one["openai_calls"] == 2
