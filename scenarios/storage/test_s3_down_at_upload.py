"""S3 stores nothing while somebody uploads.

Claim: the upload is refused with 503 and nothing half-done is left; the next one, with S3 back, is as good as any.
"""

from sim import Simulation, faults, minutes, recordings


def test_s3_down_at_upload_leaves_nothing_half_done(sim: Simulation) -> None:
    # Given S3 does not store anything.
    audio = recordings.variant(recordings.pick(1, 1)[0], 1)
    with sim.fault(faults.storage.put_fails()):
        # When somebody records, then they are told to try again later.
        answer = sim.api.upload(audio, idempotency_key="once")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]

    # And there is no trace of it: no memory, no audio, no job.
    assert sim.api.list_memories("acme") == []
    assert sim.stored_audio() == set()
    assert sim.queue.is_empty()

    # When the app tries again under the same key, then it is a memory like any other.
    assert sim.api.upload(audio, idempotency_key="once").status_code == 202
    sim.run_until(sim.everything_is_done, within=minutes(5))
    assert [memory["status"] for memory in sim.api.list_memories("acme")] == ["complete"]
