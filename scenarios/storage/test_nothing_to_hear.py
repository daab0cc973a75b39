"""Somebody wants to hear a recording while S3 does not answer.

Claim: whoever asks is told so in our words, and hears it once S3 is back.
"""

import hashlib

from sim import Simulation, faults, minutes


def test_hearing_a_recording_waits_for_the_store(sim: Simulation) -> None:
    # Given a memory, and S3 that gives nothing.
    memo = sim.api.record(1)
    sim.run_until(memo.all_complete, within=minutes(2))
    with sim.fault(faults.storage.get_fails()):
        # When its owner wants to hear it, then that is refused for the moment.
        answer = sim.api.request_audio_link(memo.ids[0])
        assert (answer.status_code, answer.json()["part"]) == (503, "storage")

    # And afterwards it is given.
    heard = sim.api.download_audio(memo.ids[0])
    assert hashlib.sha256(heard).hexdigest() == memo.recordings[0].sha256
