"""S3 is down while a client downloads audio.

Claim: While S3 answers 503, a request for the audio of a memory is answered 503 and names the storage. Afterwards the
download has the recorded bytes.
"""

import hashlib

from sim import Simulation, faults, minutes


def test_s3_down_at_download(sim: Simulation) -> None:
    # Given a complete memory, and S3 that answers downloads with 503.
    memories = sim.api.record(1)
    sim.run_until(memories.all_complete, within=minutes(2))
    with sim.fault(faults.storage.get_fails()):
        # When the client requests the audio, then the API answers 503.
        response = sim.api.request_audio_link(memories.ids[0])
        assert (response.status_code, response.json()["part"]) == (503, "storage")

    # And afterwards the client gets exactly what was recorded.
    audio = sim.api.download_audio(memories.ids[0])
    assert hashlib.sha256(audio).hexdigest() == memories.recordings[0].sha256
