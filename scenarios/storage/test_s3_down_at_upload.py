"""S3 stores nothing while a client uploads.

Claim: While S3 answers uploads with 503, an upload is answered 503 with Retry-After and leaves no memory, audio or job;
the same upload succeeds once S3 is back.
"""

from sim import Simulation, faults, minutes, recordings


def test_s3_down_at_upload(sim: Simulation) -> None:
    # Given S3 answers uploads with 503.
    audio = recordings.variant(recordings.pick(1, 1)[0], 1)
    with sim.fault(faults.storage.put_fails()):
        # When a client uploads, then the API answers 503 with Retry-After.
        response = sim.api.upload(audio, idempotency_key="once")
        assert response.status_code == 503
        assert response.headers["Retry-After"]

    # And there is no memory, no audio and no job.
    assert sim.api.list_memories("acme") == []
    assert sim.stored_audio() == set()
    assert sim.queue.is_empty()

    # When S3 is back and the client retries under its idempotency key, then the memory completes.
    assert sim.api.upload(audio, idempotency_key="once").status_code == 202
    sim.run_until(sim.everything_is_done, within=minutes(5))
    assert [memory["status"] for memory in sim.api.list_memories("acme")] == ["complete"]
