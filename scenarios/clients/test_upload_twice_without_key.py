"""A client uploads the same recording twice without an idempotency key.

Claim: When a client uploads the same audio twice without an idempotency key, the API creates two memories, and both
complete.
"""

from sim import Simulation, minutes, recordings


def test_upload_twice_without_key(sim: Simulation) -> None:
    # Given the same recording, uploaded twice without an idempotency key.
    audio = recordings.by_name("bike-repair").data
    first, second = sim.api.upload(audio), sim.api.upload(audio)
    assert first.json()["id"] != second.json()["id"]

    # Then there are two memories, and both complete.
    sim.run_until(sim.everything_is_done, within=minutes(2))
    assert [memory["status"] for memory in sim.api.list_memories("acme")] == ["complete", "complete"]
