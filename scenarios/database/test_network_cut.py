"""The network between us and the database is gone for twenty minutes, while the database itself is well.

Claim: nobody is told yes who could be lost, and what was accepted completes by itself.
"""

from sim import Simulation, faults, hours, minutes, needs, recordings

pytestmark = needs.virtual_time


def test_twenty_minutes_without_a_way_to_the_database(sim: Simulation) -> None:
    # Given a recording that is accepted, and then no way to the database.
    memo = sim.api.record(1)
    with sim.fault(faults.network.down()):
        # When somebody else records, then they are told to try again later.
        assert sim.api.upload(recordings.by_name("bike-repair").data).status_code == 503
        sim.run_for(minutes(20))

    # And what was accepted completes once the way is there again.
    sim.run_until(memo.all_complete, within=hours(3))
    assert len(sim.api.list_memories("acme")) == 1
