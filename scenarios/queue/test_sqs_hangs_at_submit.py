"""The network swallows everything between the API and SQS while clients submit.

Claim: While SQS hangs, a submission of a direct upload is accepted within three seconds, and on a slow machine
within 1.5 s more than usual; the relay sends its job once SQS answers.
"""

from sim import Simulation, faults, minutes

PROMISE_SECONDS = 3.0
WAIT_FOR_SQS_SECONDS = 1.5
"""The product's own bound."""


def test_sqs_hangs_at_submit(sim: Simulation) -> None:
    # Given the time that a client waits for a submission on this machine while SQS works.
    before = sim.api.record_by_direct_upload(1)
    usual_seconds = sim.api.longest_wait_seconds

    # When clients submit while SQS hangs, then each submission is accepted in time.
    with sim.fault(faults.queue.hanging()):
        memories = sim.api.record_by_direct_upload(2)
        assert sim.api.longest_wait_seconds <= max(PROMISE_SECONDS, usual_seconds + WAIT_FOR_SQS_SECONDS)
        assert memories.statuses == {"queued": 2}

    # And afterwards all complete without help.
    sim.run_until(memories.all_complete, within=minutes(5))
    sim.run_until(before.all_complete, within=minutes(5))
