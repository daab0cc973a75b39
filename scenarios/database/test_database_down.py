"""Postgres is down for twenty minutes.

Claim: While Postgres is down for twenty minutes, uploads are answered 503 and leave no memory; a recording accepted
before completes by itself afterwards.
"""

from sim import Simulation, faults, hours, minutes, needs, recordings

pytestmark = needs.virtual_time


def test_database_down_for_twenty_minutes(sim: Simulation) -> None:
    # Given a recording that is accepted, and then no database.
    memories = sim.api.record(1)
    with sim.fault(faults.database.down()):
        # When another client uploads, then the API answers 503.
        audio = recordings.variant(recordings.pick(1, 1)[0], 1)
        assert sim.api.upload(audio).status_code == 503
        sim.run_for(minutes(20))

    # And the accepted recording completes once Postgres is back.
    sim.run_until(memories.all_complete, within=hours(3))
    assert len(sim.api.list_memories("acme")) == 1
