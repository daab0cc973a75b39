"""Direct uploads: a recording is accepted at its submission, not before."""

from datetime import timedelta

import pytest

from rawk.config import MAX_RECORDING_BYTES
from rawk.domain.errors import (
    DatabaseUnavailable,
    IdempotencyConflict,
    MemoryNotFound,
    QueueUnavailable,
    RecordingEmpty,
    RecordingNotAudio,
    RecordingTooLarge,
    StorageUnavailable,
    UploadMissing,
)
from rawk.domain.memory import Status
from rawk.domain.messages import Job
from rawk.use_cases.direct_uploads import FORM_VALID_SECONDS, PlannedUpload
from tests.unit.api.forms import wav
from tests.unit.api.world import ORPHAN_AFTER, World
from tests.unit.use_cases.direct_uploads import WAV, submit, uploaded, uploads, when


class Killed(BaseException):
    """The process was killed: no clean-up runs."""


@pytest.fixture
def world() -> World:
    return World()


# without failures


def test_a_form_lets_its_holder_store_the_planned_recording_for_a_while(world):
    begun = uploads(world).begin("acme", "corr-1", WAV)

    memory = begun.memory
    assert (memory.status, memory.title, memory.audio_key) == (
        Status.UPLOADING,
        "Standup",
        f"incoming/acme/{memory.id}",
    )
    assert begun.form.fields["key"] == memory.audio_key
    assert begun.form.fields["Content-Type"] == "audio/wav"
    assert begun.form_expires_at - world.clock.now() == timedelta(seconds=FORM_VALID_SECONDS)
    assert world.audio.receive(begun.form, wav(MAX_RECORDING_BYTES))
    assert not world.audio.receive(begun.form, wav(MAX_RECORDING_BYTES + 1))
    world.pass_time(timedelta(seconds=FORM_VALID_SECONDS + 1))
    assert not world.audio.receive(begun.form, wav())
    assert world.sent_jobs() == []


def test_a_submitted_recording_is_accepted_with_its_recognised_format_and_its_job_sent(world):
    begun = uploads(world).begin("acme", "corr-1", PlannedUpload("audio/ogg"))
    world.audio.receive(begun.form, wav(2_000))

    memory = submit(world, begun)

    assert (memory.status, memory.audio_content_type, memory.audio_bytes) == (Status.QUEUED, "audio/wav", 2_000)
    assert world.memories.get("acme", memory.id) == memory
    assert world.sent_jobs() == [Job(memory.id, "corr-1")]
    assert world.outbox() == []


def test_a_repeated_submission_gives_the_same_memory_and_sends_nothing(world):
    begun = uploaded(world)
    first = submit(world, begun)

    assert submit(world, begun) == first

    assert len(world.sent_jobs()) == 1


def test_the_same_key_gives_the_same_memory_and_a_new_form_until_it_is_submitted(world):
    first = uploads(world).begin("acme", "corr-1", WAV, "k")
    world.pass_time(timedelta(hours=1))
    again = uploads(world).begin("acme", "corr-2", WAV, "k")

    assert again.memory == first.memory
    assert world.audio.receive(again.form, wav())
    assert not world.audio.receive(first.form, wav())
    submit(world, again)
    last = uploads(world).begin("acme", "corr-3", WAV, "k")
    assert (last.memory.id, last.form, last.form_expires_at) == (first.memory.id, None, None)


@pytest.mark.parametrize("other", [PlannedUpload("audio/ogg", "Standup"), PlannedUpload("audio/wav", "Other")])
def test_the_same_key_for_another_upload_is_a_conflict(world, other):
    uploads(world).begin("acme", "corr-1", WAV, "k")
    with pytest.raises(IdempotencyConflict):
        uploads(world).begin("acme", "corr-1", other, "k")


def test_a_direct_upload_and_an_ordinary_one_never_share_a_key(world):
    uploads(world).begin("acme", "corr-1", PlannedUpload("audio/wav"), "k")
    recording = world.intake.open("acme", "corr-1", "k")
    recording.write(wav())
    with pytest.raises(IdempotencyConflict):
        recording.finish()


# refusals


def test_an_upload_can_be_submitted_only_once_its_audio_is_stored(world):
    begun = uploads(world).begin("acme", "corr-1", WAV)
    with pytest.raises(UploadMissing):
        submit(world, begun)

    world.audio.receive(begun.form, wav())

    assert submit(world, begun).status is Status.QUEUED


def test_only_its_owner_can_submit_it(world):
    begun = uploaded(world)
    with pytest.raises(MemoryNotFound):
        uploads(world).submit("globex", begun.memory.id)
    assert world.memories.get("acme", begun.memory.id).status is Status.UPLOADING


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", RecordingEmpty),
        (b"%PDF-1.7" + bytes(100), RecordingNotAudio),
        (wav(MAX_RECORDING_BYTES + 1), RecordingTooLarge),
    ],
)
def test_an_upload_that_is_no_recording_is_refused_and_removed_and_its_key_is_free(world, content, refusal):
    begun = uploads(world).begin("acme", "corr-1", WAV, "k")
    world.audio.put(begun.memory.audio_key, content, "audio/wav")  # the store accepted it

    with pytest.raises(refusal):
        submit(world, begun)

    assert world.stored_audio() == {}
    assert world.memories.find(begun.memory.id) is None
    with pytest.raises(MemoryNotFound):
        submit(world, begun)
    assert submit(world, uploaded(world, key="k")).status is Status.QUEUED


def test_the_sweep_removes_refused_audio_that_could_not_be_removed(world):
    begun = uploaded(world, b"no sound at all" * 10)
    world.faults.add("audio.delete", StorageUnavailable("gone"))

    with pytest.raises(RecordingNotAudio):
        submit(world, begun)

    assert len(world.stored_audio()) == 1
    world.recover()
    assert world.stored_audio() == {}


def test_audio_that_is_submitted_at_the_same_moment_is_never_removed(world, monkeypatch):
    """Two submissions: the first finds no audio, then the client uploads the right file and submits it."""
    begun = uploaded(world, b"no sound at all" * 10)
    withdraw = world.memories.withdraw_upload

    def upload_and_submit_first(tenant, memory_id):
        world.audio.receive(begun.form, wav())
        submit(world, begun)
        return withdraw(tenant, memory_id)

    monkeypatch.setattr(world.memories, "withdraw_upload", upload_and_submit_first)
    memory = submit(world, begun)

    assert world.memories.get("acme", begun.memory.id) == memory
    assert memory.status is Status.QUEUED
    assert world.stored_audio() == {memory.audio_key: wav()}


def test_a_memory_deleted_while_it_is_submitted_stays_deleted(world, monkeypatch):
    begun = uploaded(world)
    look = world.audio.head

    def delete_after_looking(key, leading_bytes):
        head = look(key, leading_bytes)
        world.memories.delete("acme", begun.memory.id, world.clock.now())
        return head

    monkeypatch.setattr(world.audio, "head", delete_after_looking)
    with pytest.raises(MemoryNotFound):
        submit(world, begun)
    assert world.sent_jobs() == []


# failures


@when
def test_one_lost_database_connection_does_not_refuse_the_submission(world, caplog, after_effect):
    caplog.set_level("INFO")
    begun = uploaded(world)
    world.faults.add("memories.submit_upload", DatabaseUnavailable("cut"), after_effect=after_effect)

    assert submit(world, begun).status is Status.QUEUED

    assert caplog.messages.count("memory_accepted") == 1
    assert [job.memory_id for job in world.sent_jobs()] == [begun.memory.id]
    assert world.outbox() == []


@when
def test_a_longer_database_outage_refuses_the_submission_and_loses_nothing(world, after_effect):
    begun = uploaded(world)
    world.faults.add("memories.submit_upload", DatabaseUnavailable("gone"), after_effect=after_effect, times=2)

    with pytest.raises(DatabaseUnavailable):
        submit(world, begun)

    memory = submit(world, begun)
    assert memory.status is Status.QUEUED
    assert world.stored_audio()[memory.audio_key] == wav()
    world.recover()
    assert world.stored_audio() == {memory.audio_key: wav()}
    assert {job.memory_id for job in world.sent_jobs()} == {begun.memory.id}


@when
@pytest.mark.parametrize(
    ("step", "error"), [("queue.send", QueueUnavailable), ("memories.mark_sent", DatabaseUnavailable)]
)
def test_after_a_failure_behind_the_commit_the_relay_sends_the_job(world, step, error, after_effect):
    begun = uploaded(world)
    world.faults.add(step, error("gone"), after_effect=after_effect)

    assert submit(world, begun).status is Status.QUEUED

    assert world.faults.triggered == 1
    world.recover()
    assert {job.memory_id for job in world.sent_jobs()} == {begun.memory.id}
    assert world.outbox() == []


def test_a_store_that_is_down_refuses_the_submission_and_keeps_the_audio(world):
    begun = uploaded(world)
    world.faults.add("audio.head", StorageUnavailable("gone"))

    with pytest.raises(StorageUnavailable):
        submit(world, begun)

    assert submit(world, begun).status is Status.QUEUED


SUBMISSION = (
    "audio.head",
    "audio.copy",
    "memories.submit_upload",
    "queue.send",
    "memories.mark_sent",
    "audio.delete",
)
"""The steps of a submission, in order."""


@when
@pytest.mark.parametrize("step", SUBMISSION)
def test_a_process_killed_at_any_step_leaves_a_consistent_state(world, step, after_effect):
    begun = uploaded(world)
    world.faults.add(step, Killed(), after_effect=after_effect)

    with pytest.raises(Killed):
        submit(world, begun)

    world.recover()
    committed = SUBMISSION.index(step) + after_effect > SUBMISSION.index("memories.submit_upload")
    assert list(world.stored_audio().values()) == [wav()] * committed
    assert {job.memory_id for job in world.sent_jobs()} == ({begun.memory.id} if committed else set())


# unsubmitted uploads


def test_memory_and_audio_of_an_unsubmitted_upload_are_swept(world):
    uploads(world).begin("acme", "corr-1", WAV)  # without an upload
    uploaded(world)
    kept = submit(world, uploaded(world))

    world.recover()

    assert [memory.id for memory in world.memories.page("acme", None, None, 10)] == [kept.id]
    assert list(world.stored_audio()) == [kept.audio_key]


def test_a_recent_upload_is_not_swept(world):
    world.pass_time(ORPHAN_AFTER)
    world.recover()
    begun = uploaded(world)
    world.pass_time(ORPHAN_AFTER - timedelta(seconds=1))

    uploads_before = world.memories.delete_unsubmitted_uploads(world.clock.now() - ORPHAN_AFTER)

    assert uploads_before == []
    assert submit(world, begun).status is Status.QUEUED
