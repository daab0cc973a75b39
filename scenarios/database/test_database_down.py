"""The database is down for twenty minutes.

Claim: nobody is told yes who could be lost: uploads get 503, jobs under way go back to the queue and complete later.
"""

from sim import Simulation, faults, hours, minutes, needs, recordings

pytestmark = needs.virtual_time


def test_twenty_minutes_without_a_database(sim: Simulation) -> None:
    # Given a recording that is accepted, and then no database.
    memo = sim.api.record(1)
    with sim.fault(faults.database.down()):
        # When somebody else records, then they are told to try again later.
        audio = recordings.variant(recordings.pick(1, 1)[0], 1)
        assert sim.api.upload(audio).status_code == 503
        sim.run_for(minutes(20))

    # And what was accepted completes once it is back.
    sim.run_until(memo.all_complete, within=hours(3))
    assert len(sim.api.list_memories("acme")) == 1
