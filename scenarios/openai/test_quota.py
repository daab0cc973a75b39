"""OpenAI's quota is exhausted.

Claim: When OpenAI's quota is exhausted, each receive makes one call and does not retry it, the recordings fail with the
reason openai_quota, and a redrive completes them once the quota is raised.
"""

from sim import Simulation, faults, hours, needs

pytestmark = needs.virtual_time


def test_exhausted_quota_waits_for_the_operator(sim: Simulation) -> None:
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
