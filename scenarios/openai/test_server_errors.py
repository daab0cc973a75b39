"""OpenAI answers some calls with 500.

Claim: When OpenAI answers the first two transcriptions with 500, the worker retries at once and completes the memory
at its first attempt.
"""

from sim import Simulation, faults, minutes


def test_server_errors_are_retried(sim: Simulation) -> None:
    # Given OpenAI answers the first two transcriptions with 500.
    with sim.fault(faults.openai.errors(status=500, times=2, endpoint="transcription")):
        # When a client records, then the memory completes.
        memories = sim.api.record(1)
        sim.run_until(memories.all_complete, within=minutes(1))

    # And one attempt was enough: two failed calls, one transcription, one analysis.
    assert memories.one["attempts"] == 1
    assert memories.one["openai_calls"] == 4
