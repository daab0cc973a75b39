"""A client downloads the audio of its memory.

Claim: The owner of a memory downloads exactly the bytes that were recorded, uploaded through the API or directly to
S3; another tenant gets 404.
"""

import hashlib

from sim import Simulation, minutes, needs


@needs.several_tenants
def test_only_the_owner_downloads_the_audio(sim: Simulation) -> None:
    # Given one recording uploaded through the API, and one uploaded directly to S3.
    memories = (
        sim.api.record(1, tenant="acme-2").recordings + sim.api.record_by_direct_upload(1, tenant="acme-2").recordings
    )
    sim.run_until(sim.everything_is_complete, within=minutes(2))

    # Then the owner downloads exactly what was recorded.
    for memory in memories:
        audio = sim.api.download_audio(memory.memory_id, "acme-2")
        assert hashlib.sha256(audio).hexdigest() == memory.sha256

    # And other tenants, whose names begin alike, get 404.
    for stranger in ("acme", "acme.x"):
        response = sim.api.request_audio_link(memories[0].memory_id, stranger)
        assert (response.status_code, response.json()["type"]) == (404, "urn:rawk:problem:memory-not-found")
