"""S3 is down for every caller, or resets every connection, for 25 minutes.

Claim: While S3 is down for every caller or resets connections, uploads are answered 503 and jobs wait in the queue;
afterwards the next receive completes them, and each is paid for once.
"""

import pytest

from sim import Simulation, faults, hours, minutes, needs, recordings

pytestmark = needs.virtual_time

OUTAGES = {"down": faults.storage.down(), "resets": faults.storage.resets()}


@pytest.mark.parametrize("how", OUTAGES)
def test_s3_down_for_every_caller(sim: Simulation, how: str) -> None:
    # Given a recording that is accepted, and then no S3.
    memories = sim.api.record(1)
    with sim.fault(OUTAGES[how]):
        assert sim.api.upload(recordings.by_name("bike-repair").data).status_code == 503
        sim.run_for(minutes(25))
        assert memories.statuses == {"processing": 1}

    # When S3 is back, then the next receive completes the memory.
    sim.run_until(memories.all_complete, within=hours(2))
    assert memories.one["openai_calls"] == 2
