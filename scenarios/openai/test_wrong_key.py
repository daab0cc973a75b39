"""Somebody revoked the OpenAI key, or OpenAI no longer serves us.

Claim: a wrong key fails at once and loudly, without burning through retries, and a redrive heals what it cost.
"""

import pytest

from sim import Simulation, faults, hours, minutes

REFUSALS = {"a wrong key": faults.openai.wrong_key(), "not for us": faults.openai.forbidden()}


@pytest.mark.parametrize("why", REFUSALS)
def test_a_wrong_key_fails_at_once(sim: Simulation, why: str) -> None:
    # Given OpenAI no longer takes our key.
    with sim.fault(REFUSALS[why]):
        memo = sim.api.record(1)
        sim.run_until(memo.all_failed, within=minutes(1))
        sim.run_until(sim.queue.is_empty, within=minutes(1))

    # Then one call was enough to know, and the message lies in the dead-letter queue already.
    assert memo.failure_reasons == {"configuration": 1}
    assert memo.one["openai_calls"] == 1
    assert sim.queue.dead_letter_count() == 1

    # When the key is right again and the operator redrives, then it completes.
    sim.operator.redrive()
    sim.run_until(memo.all_complete, within=hours(1))
