"""Somebody wants to hear a recording again.

Claim: its owner gets back the very bytes that were recorded, however they came in, and nobody else gets any.
"""

import hashlib

from sim import Simulation, minutes, needs


@needs.several_tenants
def test_a_recording_can_be_heard_by_its_owner_alone(sim: Simulation) -> None:
    # Given a recording that was uploaded, and one that went straight to the store.
    memories = (
        sim.api.record(1, tenant="acme").recordings + sim.api.record_by_direct_upload(1, tenant="acme").recordings
    )
    sim.run_until(sim.everything_is_complete, within=minutes(2))

    # Then their owner hears what was recorded.
    for memory in memories:
        heard = sim.api.download_audio(memory.memory_id, "acme")
        assert hashlib.sha256(heard).hexdigest() == memory.sha256

    # And for others there is nothing to hear.
    answer = sim.api.request_audio_link(memories[0].memory_id, "globex")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:rawk:problem:memory-not-found")
