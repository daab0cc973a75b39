"""Somebody uploads recordings straight to the store, and submits some of them never.

Claim: what nobody submits is nobody's: after a day it is gone, memory and audio, and what was submitted is not.
"""

from sim import Simulation, faults, hours, minutes, needs, recordings

pytestmark = needs.virtual_time


def test_what_is_never_submitted_is_swept(sim: Simulation) -> None:
    # Given a recording that was submitted, one that never was, and one that was not even uploaded.
    kept = sim.api.record_by_direct_upload(1)
    forgotten = sim.api.begin_direct_upload("audio/wav")
    sim.api.upload_to_s3(forgotten, recordings.by_name("standup-notes").data)
    sim.api.begin_direct_upload("audio/ogg")
    sim.run_until(kept.all_complete, within=minutes(2))
    assert len(sim.stored_audio()) == 2

    # When a day has passed, over most of which the sweep is left out, then only what was submitted is left.
    with sim.fault(faults.queue.relay_off()):
        sim.run_for(hours(24))
    sim.run_until(lambda: len(sim.stored_audio()) == 1, within=hours(2))
    assert [memory["id"] for memory in sim.api.list_memories("acme")] == kept.ids

    # And whoever comes too late is told so.
    assert sim.api.submit(forgotten.json()["id"]).status_code == 404
