"""A phone loses its network in the middle of an upload; somebody else has a wrong key.

Claim: neither leaves anything behind, and neither disturbs anybody.
"""

from sim import Simulation, faults, minutes


def test_a_broken_upload_and_a_wrong_key_leave_nothing(sim: Simulation) -> None:
    # Given an upload that breaks off in its middle, and one with a key that nobody was given.
    with sim.fault(faults.clients.disconnected_mid_upload()), sim.fault(faults.clients.wrong_key()):
        # When somebody else records, then all is well.
        memo = sim.api.record(1)
        sim.run_until(memo.all_complete, within=minutes(5))

    # And theirs is the only memory, and the only audio.
    assert len(sim.api.list_memories("acme")) == 1
    assert len(sim.stored_audio()) == 1
