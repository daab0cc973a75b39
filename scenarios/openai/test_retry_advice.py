"""OpenAI says by the header x-should-retry whether another call helps."""

from sim import Simulation, faults, hours, minutes, needs


@needs.virtual_time
def test_advice_against_a_retry(sim: Simulation) -> None:
    """OpenAI answers 503 and advises against a retry.

    Claim: While OpenAI answers 503 with x-should-retry: false, each receive makes one call, and the recording completes
    at the first receive after the outage.
    """
    # Given an outage in which OpenAI advises against retries.
    with sim.fault(faults.openai.errors(503).advising(retry=False)):
        memories = sim.api.record(1)
        sim.run_until(lambda: memories.one["attempts"] == 2, within=hours(1))

    # Then each receive makes one call, and the third one succeeds.
    sim.run_until(memories.all_complete, within=hours(2))
    assert len(sim.openai.calls(memories, "transcription")) == memories.one["attempts"] == 3


def test_advice_for_a_retry(sim: Simulation) -> None:
    """OpenAI answers 401 once and advises a retry.

    Claim: When OpenAI answers 401 with x-should-retry: true, the worker calls again at the same attempt, and the
    recording completes.
    """
    # Given OpenAI rejects the key once, and says that a retry helps.
    with sim.fault(faults.openai.wrong_key().advising(retry=True).first(1)):
        memories = sim.api.record(1)
        sim.run_until(memories.all_complete, within=minutes(5))

    # Then the retry was made at the same attempt.
    assert memories.one["attempts"] == 1
    assert memories.one["openai_calls"] == 3
