"""An operator hands a tenant's recordings over, and then erases the tenant.

Claim: When an operator exports and erases a tenant that has complete, failed and queued recordings, the export has all
of them with their audio; afterwards no list, table, object in S3, dead letter or key has anything of the tenant, and
another tenant's recordings complete.
"""

from hashlib import sha256
from pathlib import Path

from sim import Simulation, faults, hours, minutes, needs

pytestmark = [needs.virtual_time, needs.several_tenants]


def test_an_erased_tenant_leaves_nothing_and_the_other_one_completes(sim: Simulation, tmp_path: Path) -> None:
    # Given two tenants with a complete, a failed and a queued recording each, and a key of the erased one.
    key = sim.operator.new_key("acme")
    both = ("acme", "acme-2")
    complete = {tenant: sim.api.record(1, tenant=tenant, title=f"What {tenant} said") for tenant in both}
    sim.run_until(lambda: all(each.all_complete() for each in complete.values()), within=minutes(5))
    with sim.fault(faults.openai.wrong_key()):
        failed = {tenant: sim.api.record(1, tenant=tenant) for tenant in both}
        sim.run_until(lambda: sim.queue.dead_letter_count() == 2, within=minutes(5))
    with sim.fault(faults.worker.throttled()):
        queued = {tenant: sim.api.record(1, tenant=tenant) for tenant in both}
        sim.run_for(minutes(1))

        # When the operator looks, exports and erases the one.
        preview = sim.operator.rawk("tenant", "erase", "acme")
        exported = sim.operator.export_tenant("acme", tmp_path / "export")
        output = sim.operator.erase_tenant("acme")

    # Then the export has all its recordings, as they were.
    ours = [*complete["acme"].ids, *failed["acme"].ids, *queued["acme"].ids]
    assert "memories:       3: queued 1, complete 1, failed 1" in preview
    assert sorted(line["id"] for line in exported) == sorted(ours)
    assert sorted(line["status"] for line in exported) == ["complete", "failed", "queued"]
    for line in exported:
        audio = (tmp_path / "export" / line["audio"]["file"]).read_bytes()
        assert sha256(audio).hexdigest() == line["audio"]["sha256"]

    # And nothing of the tenant is left; the invariant `deleted_means_gone` searches tables, S3, messages and logs.
    assert "erased: users 0, keys 1, memories 3, dead letters 1, audio objects 0" in output
    assert sim.api.list_memories("acme") == []
    assert [letter["memory_id"] for letter in sim.operator.dead_letters()] == failed["acme-2"].ids
    assert sim.api.request("GET", "/api/v1/memories", headers={"X-API-Key": key}).status_code == 401

    # And the other tenant's recordings complete.
    sim.operator.redrive()
    theirs = (complete["acme-2"], failed["acme-2"], queued["acme-2"])
    sim.run_until(lambda: all(each.all_complete() for each in theirs), within=hours(2))
