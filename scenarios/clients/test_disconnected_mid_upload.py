"""One client disconnects in the middle of an upload, another has an unknown API key.

Claim: An upload that is disconnected in the middle, and one with an unknown API key, leave no memory and no audio
behind, and the recording of another client completes.
"""

from sim import Simulation, faults, minutes


def test_disconnected_upload_and_unknown_key(sim: Simulation) -> None:
    # Given an upload that is disconnected in the middle, and one with an unknown API key.
    with sim.fault(faults.clients.disconnected_mid_upload()), sim.fault(faults.clients.wrong_key()):
        # When another client records, then its memory completes.
        memories = sim.api.record(1)
        sim.run_until(memories.all_complete, within=minutes(5))

    # And its memory and its audio are the only ones.
    assert len(sim.api.list_memories("acme")) == 1
    assert len(sim.stored_audio()) == 1
