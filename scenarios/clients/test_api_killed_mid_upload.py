"""The API is killed in the middle of an upload.

Claim: When the API is killed at any step of an upload, a client that retries under the same idempotency key gets
exactly one memory, and it completes.
"""

import pytest

from sim import Simulation, faults, minutes, recordings

MOMENTS = {
    "before the audio is stored": faults.api.killed_before("store"),
    "before the recording is accepted": faults.api.killed_before("accept"),
    "before the job is sent": faults.api.killed_before("send"),
    "before it responds": faults.api.killed_after("send"),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_upload_is_retried_after_the_api_was_killed(sim: Simulation, moment: str) -> None:
    # Given an upload during which the API is killed.
    audio = recordings.by_name("bike-repair").data
    with sim.fault(MOMENTS[moment]):
        assert not sim.api.try_upload(audio, "acme", idempotency_key="once")

    # When the client retries under its idempotency key, then there is one memory and it completes.
    assert sim.api.try_upload(audio, "acme", idempotency_key="once")
    sim.run_until(sim.everything_is_complete, within=minutes(5))
    assert len(sim.api.list_memories("acme")) == 1
    assert len(sim.openai.all_calls()) == 2
