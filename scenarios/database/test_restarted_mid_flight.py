"""The database is restarted, or crashes and recovers, at the very moment a transcript is to be committed.

Claim: the transcript that was paid for is committed all the same, and nothing is transcribed again.
"""

import pytest

from sim import Simulation, faults, minutes


@pytest.mark.parametrize("how", ["restarted", "crashed"])
def test_a_restart_in_mid_flight_costs_nothing(sim: Simulation, how: str) -> None:
    # Given a database that goes away when the worker commits its transcript.
    trouble = faults.database.restarted if how == "restarted" else faults.database.crashed
    with sim.fault(trouble(before="transcript")):
        memo = sim.api.record(1)
        sim.run_until(memo.all_complete, within=minutes(5))

    # Then one transcription and one analysis were asked for, at the first attempt.
    assert memo.one["attempts"] == 1
    assert memo.one["openai_calls"] == 2
