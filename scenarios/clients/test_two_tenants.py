"""Two tenants use the same pipeline.

Claim: A tenant of the API sees only its own memories, in lists and by id, and cannot delete those of another tenant.
"""

from sim import Simulation, minutes, needs


@needs.several_tenants
def test_tenants_are_isolated(sim: Simulation) -> None:
    # Given one recording of each tenant.
    ours, theirs = sim.api.record(1, tenant="acme"), sim.api.record(1, tenant="acme-2")
    sim.run_until(ours.all_complete, within=minutes(1))
    sim.run_until(theirs.all_complete, within=minutes(1))

    # Then acme can neither list, read nor delete the memory of acme-2.
    assert [memory["id"] for memory in sim.api.list_memories("acme")] == ours.ids
    assert sim.api.get_memory(theirs.ids[0], tenant="acme").status_code == 404
    assert sim.api.delete(theirs.ids[0], tenant="acme").status_code == 404
    assert sim.api.get_memory(theirs.ids[0], tenant="acme-2").json()["status"] == "complete"
