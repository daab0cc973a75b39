"""S3 is down for everybody, or resets every connection, for half an hour.

Claim: uploads are refused meanwhile, jobs that need their audio wait in the queue, and nothing of it is paid twice.
"""

import pytest

from sim import Simulation, faults, hours, minutes, needs, recordings

pytestmark = needs.virtual_time

TROUBLES = {"down": faults.storage.down(), "resets": faults.storage.resets()}


@pytest.mark.parametrize("how", TROUBLES)
def test_an_s3_that_nobody_reaches_costs_time_only(sim: Simulation, how: str) -> None:
    # Given a recording that was accepted, and then no S3.
    memo = sim.api.record(1)
    with sim.fault(TROUBLES[how]):
        assert sim.api.upload(recordings.by_name("bike-repair").data).status_code == 503
        sim.run_for(minutes(25))
        assert memo.statuses == {"processing": 1}

    # When S3 is well again, then the next receive finds the audio.
    sim.run_until(memo.all_complete, within=hours(2))
    assert memo.one["openai_calls"] == 2
