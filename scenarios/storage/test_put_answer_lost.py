"""S3 stores the audio, and its answer gets lost on the way back.

Claim: whoever uploads is told the truth either way, and audio that belongs to nobody does not stay for ever.
"""

from sim import Simulation, faults, hours, minutes, recordings


def test_an_answer_lost_after_the_put_leaves_no_orphan(sim: Simulation) -> None:
    # Given S3 stores everything and its answers get lost.
    with sim.fault(faults.storage.put_answer_lost()):
        audio = recordings.variant(recordings.pick(1, 1)[0], 1)
        assert sim.api.upload(audio).status_code == 503

    # Then no memory is there, and in time no audio either.
    assert sim.api.list_memories("acme") == []
    sim.run_until(lambda: not sim.stored_audio(), within=hours(48))

    # And once only the first answer of an upload gets lost, trying again is enough.
    with sim.fault(faults.storage.put_answer_lost().first(1)):
        memo = sim.api.record(1)
    sim.run_until(memo.all_complete, within=minutes(5))
