"""An app with a bad connection sends the same recording again, not knowing that the first one arrived.

Claim: the same upload under the same idempotency key is one memory, paid for once.
"""

from sim import Simulation, minutes, recordings


def test_the_same_upload_twice_is_one_memory(sim: Simulation) -> None:
    # Given a recording that was uploaded under a key.
    audio = recordings.by_name("dentist-reminder").data
    first = sim.api.upload(audio, idempotency_key="from-my-phone-1")

    # When the app sends it again, then it is told of the same memory.
    again = sim.api.upload(audio, idempotency_key="from-my-phone-1")
    assert again.status_code == first.status_code == 202
    assert again.json()["id"] == first.json()["id"]

    # But another recording under that key is refused.
    other = sim.api.upload(recordings.by_name("missed-train").data, idempotency_key="from-my-phone-1")
    assert other.status_code == 409

    # And the tenant has one memory in the end.
    sim.run_until(sim.everything_is_done, within=minutes(1))
    assert [memory["status"] for memory in sim.api.list_memories("acme")] == ["complete"]
