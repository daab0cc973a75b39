"""S3 takes twenty seconds for a download.

Claim: When S3 takes twenty seconds to give the audio to a worker, the memory still completes at its first attempt.
"""

from sim import Simulation, faults, minutes, needs, seconds


@needs.production_limits
def test_slow_s3(sim: Simulation) -> None:
    # Given S3 takes twenty seconds for each download.
    with sim.fault(faults.storage.slow(seconds(20))):
        memo = sim.api.record(1)
        sim.run_until(memo.all_complete, within=minutes(5))

    # Then one attempt is enough.
    assert memo.one["attempts"] == 1
    assert memo.one["openai_calls"] == 2
