"""OpenAI's quota is exhausted."""

import pytest

from sim import Simulation, faults, hours, needs

pytestmark = needs.virtual_time
REFUSALS: tuple[faults.openai.Why, ...] = (
    "quota_of_the_project",
    "quota_by_its_type",
    "quota_by_its_code",
    "quota_nested",
    "billing_limit",
)


def test_exhausted_quota_waits_for_the_operator(sim: Simulation) -> None:
    """OpenAI answers 429 insufficient_quota.

    Claim: When OpenAI's quota is exhausted, each receive makes one call and does not retry it, the recordings fail with
    the reason openai_quota, and a redrive completes them once the quota is raised.
    """
    # Given OpenAI answers that the quota is exhausted.
    with sim.fault(faults.openai.quota_exhausted()):
        memories = sim.api.record(2)
        sim.run_until(memories.all_failed, within=hours(3))

    # Then each receive made one call, and the reason names the quota.
    assert memories.failure_reasons == {"openai_quota": 2}
    assert {memory["openai_calls"] for memory in memories.fetch()} == {sim.limits.max_receive_count}

    # When the quota is raised and the operator redrives these memories, then they complete.
    sim.operator.redrive("openai_quota")
    sim.run_until(memories.all_complete, within=hours(1))


@pytest.mark.parametrize("why", REFUSALS)
def test_quota_is_known_by_its_words(sim: Simulation, why: faults.openai.Why) -> None:
    """OpenAI words the end of the credit in other ways.

    Claim: When OpenAI says by type, code or text that no credit is left, whatever its status and its other fields, each
    receive makes one call, and the recording fails with the reason openai_quota.
    """
    # Given OpenAI says in other words that no credit is left.
    with sim.fault(faults.openai.refuses(why)):
        memories = sim.api.record(1)
        sim.run_until(memories.all_failed, within=hours(3))

    # Then each receive made one call, and the reason names the quota.
    assert memories.failure_reasons == {"openai_quota": 1}
    assert memories.one["openai_calls"] == sim.limits.max_receive_count
