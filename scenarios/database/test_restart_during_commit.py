"""Postgres restarts, or crashes, when a transcript is committed.

Claim: When Postgres restarts or crashes right before a transcript is committed, the transcript is committed at the
same attempt, and nothing is transcribed again.
"""

import pytest

from sim import Simulation, faults, minutes


@pytest.mark.parametrize("how", ["restarted", "crashed"])
def test_restart_during_commit(sim: Simulation, how: str) -> None:
    # Given a Postgres that goes down when the worker commits a transcript.
    fault = faults.database.restarted if how == "restarted" else faults.database.crashed
    with sim.fault(fault(before="transcript")):
        memories = sim.api.record(1)
        sim.run_until(memories.all_complete, within=minutes(5))

    # Then one attempt with one transcription and one analysis is enough.
    assert memories.one["attempts"] == 1
    assert memories.one["openai_calls"] == 2
