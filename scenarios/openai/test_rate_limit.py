"""OpenAI limits our rate for a few seconds, as it does when a model is popular.

Claim: a short rate limit is waited out within the same invocation, for as long as OpenAI asks.
"""

from sim import Simulation, faults, minutes, needs


@needs.production_limits
def test_a_short_rate_limit_is_obeyed(sim: Simulation) -> None:
    # Given OpenAI asks the first caller to come back in eight seconds.
    with sim.fault(faults.openai.rate_limited(retry_after_seconds=8, times=1, endpoint="transcription")):
        memo = sim.api.record(1)
        sim.run_until(memo.all_complete, within=minutes(1))

    # Then one message was enough, and nobody called again before the eight seconds were over.
    assert memo.one["attempts"] == 1
    first, second = sim.openai.calls(memo, "transcription")
    assert second["time"] - first["time"] >= 8


@needs.virtual_time
def test_a_long_rate_limit_is_left_to_the_queue(sim: Simulation) -> None:
    # Given OpenAI asks for forty minutes, which no invocation has, and which is longer than a job usually waits.
    with sim.fault(faults.openai.rate_limited(retry_after_seconds=2400, times=1, endpoint="transcription")):
        memo = sim.api.record(1)
        sim.run_for(minutes(39))
        assert memo.statuses == {"processing": 1}

    # Then the job waits in the queue instead, and is done by the next receive.
    sim.run_until(memo.all_complete, within=minutes(15))
    assert memo.one["attempts"] == 2
    first, second = sim.openai.calls(memo, "transcription")
    assert second["time"] - first["time"] >= 2400
