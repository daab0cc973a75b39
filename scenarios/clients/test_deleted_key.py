"""The idempotency key of a deleted memory.

Claim: For thirty days after its memory was deleted, an idempotency key is refused with 410, also for another recording;
then the deletion is forgotten, and the key makes a new memory.
"""

from datetime import timedelta

from sim import Simulation, faults, minutes, needs, recordings

pytestmark = needs.virtual_time


def test_key_of_a_deleted_memory_is_free_after_thirty_days(sim: Simulation) -> None:
    # Given a memory that was made under an idempotency key, and deleted.
    audio, other = recordings.by_name("bike-repair").data, recordings.by_name("standup-notes").data
    memory_id = sim.api.upload(audio, idempotency_key="once").json()["id"]
    sim.run_until(sim.everything_is_complete, within=minutes(5))
    assert sim.api.delete(memory_id).status_code == 204

    # Then the key is refused at once and after 29 days, for the same recording and for another.
    for days in (0, 29):
        with sim.fault(faults.queue.relay_off(), allow_untriggered=True):
            sim.run_for(timedelta(days=days))
        sim.run_for(minutes(3))
        assert sim.api.upload(audio, idempotency_key="once").status_code == 410
        assert sim.api.upload(other, idempotency_key="once").status_code == 410

    # And after thirty days it makes a new memory.
    with sim.fault(faults.queue.relay_off()):
        sim.run_for(timedelta(days=1))
    sim.run_for(minutes(3))
    assert sim.api.upload(audio, idempotency_key="once").status_code == 202
    sim.run_until(sim.everything_is_complete, within=minutes(5))
