"""The network holds up every answer of the database.

Claim: a slow database slows everything down and breaks nothing.
"""

from sim import Simulation, faults, minutes, seconds


def test_a_slow_database_breaks_nothing(sim: Simulation) -> None:
    # Given every answer of the database is a moment late.
    with sim.fault(faults.network.latency(seconds(0.02))):
        # When people record, then all of it completes at the first attempt.
        memories = sim.api.record(3)
        sim.run_until(memories.all_complete, within=minutes(5))
    assert {memory["attempts"] for memory in memories.fetch()} == {1}
