"""A change of the infrastructure takes a permission away from a part of the pipeline; a later one gives it back.

Claim: nobody loses a recording by it: what can not be worked off waits, what can not be taken in is refused with 503,
and all of it goes on by itself once the permission is back.
"""

from sim import Simulation, faults, hours, minutes, needs, recordings


@needs.virtual_time
def test_a_worker_that_may_not_read_audio_heals(sim: Simulation) -> None:
    # Given a worker whose policy lacks s3:GetObject.
    with sim.fault(faults.permissions.missing(role="worker", action="s3:GetObject")) as missing:
        # When somebody records, then the job goes back to the queue: the trouble is ours, not the audio's.
        memo = sim.api.record(1)
        sim.run_until(missing.was_triggered, within=minutes(5))
        sim.run_for(minutes(10))
        assert memo.statuses == {"processing": 1}
        assert sim.openai.calls(memo, "transcription") == []

    # And with the permission back it completes, with nobody's help.
    sim.run_until(memo.all_complete, within=hours(2))


def test_an_api_that_may_not_store_audio_says_so(sim: Simulation) -> None:
    # Given an API whose policy lacks s3:PutObject.
    audio = recordings.variant(recordings.pick(1, 1)[0], 1)
    with sim.fault(faults.permissions.missing(role="api", action="s3:PutObject")):
        # When somebody records, then they are told to try again later.
        assert sim.api.upload(audio, idempotency_key="once").status_code == 503

    # And with the permission back the same upload is a memory like any other.
    assert sim.api.upload(audio, idempotency_key="once").status_code == 202
    sim.run_until(sim.everything_is_complete, within=minutes(5))


@needs.virtual_time
def test_an_api_that_may_not_send_jobs_loses_none(sim: Simulation) -> None:
    # Given an API whose policy lacks sqs:SendMessage, and a relay that has it.
    with sim.fault(faults.permissions.missing(role="api", action="sqs:SendMessage")):
        # When people record, then each recording is taken, and the relay sends the jobs.
        memories = sim.api.record(3)
        sim.run_until(memories.all_complete, within=minutes(10))
