"""OpenAI limits the rate of calls."""

from sim import Simulation, faults, minutes, needs


@needs.production_limits
def test_short_rate_limit_is_waited_out(sim: Simulation) -> None:
    """OpenAI answers 429 with Retry-After 8 s.

    Claim: When OpenAI asks to wait 8 seconds (Retry-After), the worker waits that long and completes the job at the
    same attempt.
    """
    # Given OpenAI answers the first call with Retry-After 8 s.
    with sim.fault(faults.openai.rate_limited(retry_after_seconds=8, times=1, endpoint="transcription")):
        memories = sim.api.record(1)
        sim.run_until(memories.all_complete, within=minutes(1))

    # Then one attempt was enough, and the second call came no earlier than 8 seconds after the first.
    assert memories.one["attempts"] == 1
    first, second = sim.openai.calls(memories, "transcription")
    assert second["time"] - first["time"] >= 8


@needs.virtual_time
def test_long_rate_limit_is_left_to_the_queue(sim: Simulation) -> None:
    """OpenAI answers 429 with Retry-After 40 min.

    Claim: When OpenAI asks to wait 40 minutes (Retry-After), the worker returns the job to the queue for that time,
    and the second receive completes it.
    """
    # Given OpenAI answers with Retry-After 40 min, which is longer than an invocation and than the visibility timeout.
    with sim.fault(faults.openai.rate_limited(retry_after_seconds=2400, times=1, endpoint="transcription")):
        memories = sim.api.record(1)
        sim.run_for(minutes(39))
        assert memories.statuses == {"processing": 1}

    # Then the job waits in the queue, and the next receive completes it.
    sim.run_until(memories.all_complete, within=minutes(15))
    assert memories.one["attempts"] == 2
    first, second = sim.openai.calls(memories, "transcription")
    assert second["time"] - first["time"] >= 2400
