"""A deployment removes a permission, and a later one restores it."""

from sim import Simulation, faults, hours, minutes, needs, recordings


@needs.virtual_time
def test_worker_without_permission_to_read_audio(sim: Simulation) -> None:
    """The worker lacks s3:GetObject.

    Claim: While the worker lacks s3:GetObject, a job waits in the queue without a call to OpenAI, and completes
    without help once the permission is back.
    """
    # Given a worker whose policy lacks s3:GetObject.
    with sim.fault(faults.permissions.missing(role="worker", action="s3:GetObject")) as missing:
        # When a client records, then the job goes back to the queue, because the audio is not at fault.
        memories = sim.api.record(1)
        sim.run_until(missing.was_triggered, within=minutes(5))
        sim.run_for(minutes(10))
        assert memories.statuses == {"processing": 1}
        assert sim.openai.calls(memories, "transcription") == []

    # When the permission is back, then it completes without help.
    sim.run_until(memories.all_complete, within=hours(2))


def test_api_without_permission_to_store_audio(sim: Simulation) -> None:
    """The API lacks s3:PutObject.

    Claim: While the API lacks s3:PutObject, it answers uploads with 503; the same upload is accepted and completes
    once the permission is back.
    """
    # Given an API whose policy lacks s3:PutObject.
    audio = recordings.variant(recordings.pick(1, 1)[0], 1)
    with sim.fault(faults.permissions.missing(role="api", action="s3:PutObject")):
        # When a client uploads, then the API answers 503.
        assert sim.api.upload(audio, idempotency_key="once").status_code == 503

    # When the permission is back, then the same upload is accepted and completes.
    assert sim.api.upload(audio, idempotency_key="once").status_code == 202
    sim.run_until(sim.everything_is_complete, within=minutes(5))


@needs.virtual_time
def test_api_without_permission_to_send_jobs(sim: Simulation) -> None:
    """The API lacks sqs:SendMessage.

    Claim: While the API lacks sqs:SendMessage, it accepts uploads, and the relay sends their jobs, so that all
    complete.
    """
    # Given an API whose policy lacks sqs:SendMessage, and a relay that has it.
    with sim.fault(faults.permissions.missing(role="api", action="sqs:SendMessage")):
        # When clients record, then each recording is accepted, and the relay sends the jobs.
        memories = sim.api.record(3)
        sim.run_until(memories.all_complete, within=minutes(10))
