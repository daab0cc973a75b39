"""The API's machine goes away in the middle of an upload.

Claim: an app that tries again under the same idempotency key gets one memory, wherever the upload broke off.
"""

import pytest

from sim import Simulation, faults, minutes, recordings

MOMENTS = {
    "before the audio is stored": faults.api.killed_before("store"),
    "before the recording is accepted": faults.api.killed_before("accept"),
    "before the job is sent": faults.api.killed_before("send"),
    "before it has answered": faults.api.killed_after("send"),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_trying_again_is_enough(sim: Simulation, moment: str) -> None:
    # Given an upload whose API is killed under it.
    audio = recordings.by_name("bike-repair").data
    with sim.fault(MOMENTS[moment]):
        assert not sim.api.try_upload(audio, "acme", idempotency_key="once")

    # When the app tries again under its key, then there is one memory, and it completes.
    assert sim.api.try_upload(audio, "acme", idempotency_key="once")
    sim.run_until(sim.everything_is_complete, within=minutes(5))
    assert len(sim.api.list_memories("acme")) == 1
    assert len(sim.openai.all_calls()) == 2
