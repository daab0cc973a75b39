"""Two companies use the same pipeline.

Claim: each sees its own memories only, in lists and by id, and can not delete the other's.
"""

from sim import Simulation, minutes, needs


@needs.several_tenants
def test_tenants_can_not_see_each_other(sim: Simulation) -> None:
    # Given a recording of each.
    ours, theirs = sim.api.record(1, tenant="acme"), sim.api.record(1, tenant="globex")
    sim.run_until(ours.all_complete, within=minutes(1))
    sim.run_until(theirs.all_complete, within=minutes(1))

    # Then neither finds the other's, whatever it tries.
    assert [memory["id"] for memory in sim.api.list_memories("acme")] == ours.ids
    assert sim.api.get_memory(theirs.ids[0], tenant="acme").status_code == 404
    assert sim.api.delete(theirs.ids[0], tenant="acme").status_code == 404
    assert sim.api.get_memory(theirs.ids[0], tenant="globex").json()["status"] == "complete"
