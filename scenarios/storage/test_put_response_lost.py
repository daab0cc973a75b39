"""S3 stores the audio and its response is lost.

Claim: When S3 stores audio and all its responses are lost, the upload is answered 503 and the orphaned audio is
swept; when only the first response is lost, the upload succeeds.
"""

from sim import Simulation, faults, hours, minutes, recordings


def test_lost_put_response_leaves_no_orphan(sim: Simulation) -> None:
    # Given S3 stores audio and every response is lost.
    with sim.fault(faults.storage.put_response_lost()):
        audio = recordings.variant(recordings.pick(1, 1)[0], 1)
        assert sim.api.upload(audio).status_code == 503

    # Then there is no memory, and within two days no audio.
    assert sim.api.list_memories("acme") == []
    sim.run_until(lambda: not sim.stored_audio(), within=hours(48))

    # When only the first response of an upload is lost, then the API retries and the memory completes.
    with sim.fault(faults.storage.put_response_lost().first(1)):
        memories = sim.api.record(1)
    sim.run_until(memories.all_complete, within=minutes(5))
