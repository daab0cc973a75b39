"""Somebody taps twice.

Claim: without an idempotency key two uploads are two memories, each whole: we never guess.
"""

from sim import Simulation, minutes, recordings


def test_double_submit_without_a_key_is_two_memories(sim: Simulation) -> None:
    # Given the same recording, uploaded twice without a key.
    audio = recordings.by_name("bike-repair").data
    first, second = sim.api.upload(audio), sim.api.upload(audio)
    assert first.json()["id"] != second.json()["id"]

    # Then both complete, each on its own.
    sim.run_until(sim.everything_is_done, within=minutes(2))
    assert [memory["status"] for memory in sim.api.list_memories("acme")] == ["complete", "complete"]
