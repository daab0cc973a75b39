"""The network swallows everything between the API and SQS while clients upload.

Claim: While SQS hangs, an upload is accepted within three seconds, whether one client uploads or eighty at once, and on
a slow machine within 1.5 s more than usual; the outbox holds the jobs, and the relay sends them once SQS answers.
"""

import pytest

from sim import Simulation, faults, minutes

CLIENTS = {"one": 1, "eighty": 80}
PROMISE_SECONDS = 3.0
WAIT_FOR_SQS_SECONDS = 1.5
"""The product's own bound. All wait for the same: eighty no longer than one."""


@pytest.mark.parametrize("clients", CLIENTS)
def test_sqs_hangs_at_upload(sim: Simulation, clients: str) -> None:
    count = CLIENTS[clients]
    # Given the time that clients wait on this machine while SQS works.
    before = sim.api.record(count, at_once=count)
    usual_seconds = sim.api.longest_wait_seconds

    # When as many upload at once while SQS hangs.
    with sim.fault(faults.queue.hanging()):
        memories = sim.api.record(count, at_once=count)

        # Then each is accepted in time, and waits.
        assert sim.api.longest_wait_seconds <= max(PROMISE_SECONDS, usual_seconds + WAIT_FOR_SQS_SECONDS)
        assert memories.statuses == {"queued": count}

    # And afterwards all complete without help.
    sim.run_until(memories.all_complete, within=minutes(5))
    sim.run_until(before.all_complete, within=minutes(5))
