"""OpenAI answers a few calls with 500, as it does on a bad day.

Claim: server errors are retried at once, nobody notices, and nothing is paid twice.
"""

from sim import Simulation, faults, minutes


def test_server_errors_are_retried(sim: Simulation) -> None:
    # Given OpenAI answers the first two transcriptions with an error.
    with sim.fault(faults.openai.errors(status=500, times=2, endpoint="transcription")):
        # When somebody records, then the memory completes all the same.
        memo = sim.api.record(1)
        sim.run_until(memo.all_complete, within=minutes(1))

    # And it took no more than the one message: two failed calls, one that worked, and the analysis.
    assert memo.one["attempts"] == 1
    assert memo.one["openai_calls"] == 4
