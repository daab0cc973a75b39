"""OpenAI rejects the API key.

Claim: While OpenAI rejects the API key with 401 or 403, a recording fails after one call and goes to the dead-letter
queue at once; with a valid key one redrive completes it.
"""

import pytest

from sim import Simulation, faults, hours, minutes

REFUSALS = {"invalid key": faults.openai.wrong_key(), "forbidden": faults.openai.forbidden()}


@pytest.mark.parametrize("why", REFUSALS)
def test_wrong_key_fails_at_once(sim: Simulation, why: str) -> None:
    # Given OpenAI rejects the API key.
    with sim.fault(REFUSALS[why]):
        memories = sim.api.record(1)
        sim.run_until(memories.all_failed, within=minutes(1))
        sim.run_until(sim.queue.is_empty, within=minutes(1))

    # Then the memory failed after one call, and its message is in the dead-letter queue.
    assert memories.failure_reasons == {"configuration": 1}
    assert memories.one["openai_calls"] == 1
    assert sim.queue.dead_letter_count() == 1

    # When the key is valid again and the operator redrives, then it completes.
    sim.operator.redrive()
    sim.run_until(memories.all_complete, within=hours(1))
