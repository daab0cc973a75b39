"""The month's OpenAI budget is used up.

Claim: an exhausted quota is not hammered with retries; it is named as what it is, and paid up it is redriven.
"""

from sim import Simulation, faults, hours, needs

pytestmark = needs.virtual_time


def test_an_exhausted_quota_waits_for_a_person(sim: Simulation) -> None:
    # Given OpenAI says that we have not paid.
    with sim.fault(faults.openai.quota_exhausted()):
        memories = sim.api.record(2)
        sim.run_until(memories.all_failed, within=hours(3))

    # Then each receive asked once, and the reason is one a person can act on.
    assert memories.failure_reasons == {"openai_quota": 2}
    assert {memory["openai_calls"] for memory in memories.fetch()} == {sim.limits.max_receive_count}

    # When somebody pays and redrives just these, then all is well.
    sim.operator.redrive("openai_quota")
    sim.run_until(memories.all_complete, within=hours(1))
