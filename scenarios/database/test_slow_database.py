"""The network delays every response of Postgres.

Claim: When every response of Postgres is delayed by 20 ms, every recording still completes at its first attempt.
"""

from sim import Simulation, faults, minutes, seconds


def test_slow_database(sim: Simulation) -> None:
    # Given a delay of every response of Postgres.
    with sim.fault(faults.network.latency(seconds(0.02))):
        # When clients record, then every memory completes at its first attempt.
        memories = sim.api.record(3)
        sim.run_until(memories.all_complete, within=minutes(5))
    assert {memory["attempts"] for memory in memories.fetch()} == {1}
