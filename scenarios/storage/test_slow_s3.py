"""S3 takes twenty seconds to give the audio to a worker.

Claim: a slow store slows a job down, and it is done at its first attempt all the same.
"""

from sim import Simulation, faults, minutes, needs, seconds


@needs.production_limits
def test_a_slow_s3_breaks_nothing(sim: Simulation) -> None:
    # Given an S3 that thinks for twenty seconds about every object.
    with sim.fault(faults.storage.slow(seconds(20))):
        memo = sim.api.record(1)
        sim.run_until(memo.all_complete, within=minutes(5))

    # Then one attempt was enough.
    assert memo.one["attempts"] == 1
    assert memo.one["openai_calls"] == 2
