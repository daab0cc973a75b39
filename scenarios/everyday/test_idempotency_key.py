"""A client repeats an upload under the same idempotency key.

Claim: When a client repeats an upload under the same idempotency key, the API returns the same memory, which
completes once; other audio under that key is answered 409.
"""

from sim import Simulation, minutes, recordings


def test_repeated_upload_is_one_memory(sim: Simulation) -> None:
    # Given a recording that is uploaded under an idempotency key.
    audio = recordings.by_name("dentist-reminder").data
    first = sim.api.upload(audio, idempotency_key="from-my-phone-1")

    # When the client repeats the upload, then the API returns the same memory.
    repeated = sim.api.upload(audio, idempotency_key="from-my-phone-1")
    assert repeated.status_code == first.status_code == 202
    assert repeated.json()["id"] == first.json()["id"]

    # And another recording under that key is refused.
    other = sim.api.upload(recordings.by_name("missed-train").data, idempotency_key="from-my-phone-1")
    assert other.status_code == 409

    # And the tenant has one memory in the end.
    sim.run_until(sim.everything_is_done, within=minutes(1))
    assert [memory["status"] for memory in sim.api.list_memories("acme")] == ["complete"]
