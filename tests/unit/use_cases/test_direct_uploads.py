"""Direct uploads: a recording is accepted at its submission, not before."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

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
    UploadReplaced,
)
from rawk.domain.memory import NewMemory, Status
from rawk.domain.messages import Job
from rawk.use_cases.direct_uploads import FORM_VALID_SECONDS, BegunUpload, DirectUploads, PlannedUpload
from tests.unit.api.forms import wav
from tests.unit.api.world import ORPHAN_AFTER, World

WAV = PlannedUpload("audio/wav", "Standup")

when = pytest.mark.parametrize("after_effect", [False, True], ids=["instead", "answer lost"])


class Killed(BaseException):
    """The process was killed: no clean-up runs."""


@pytest.fixture
def world() -> World:
    return World()


def uploads(world: World) -> DirectUploads:
    return world.services({}).direct_uploads


def uploaded(world: World, content: bytes = wav(), key: str | None = None) -> BegunUpload:
    begun = uploads(world).begin("acme", "corr-1", WAV, key)
    assert begun.form is not None
    assert world.audio.receive(begun.form, content)
    return begun


def submit(world: World, begun: BegunUpload):
    return uploads(world).submit("acme", begun.memory.id)


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


# what was accepted is frozen


def other_wav() -> bytes:
    return wav(3_000)


@pytest.mark.parametrize("content", [other_wav(), b"no sound at all" * 10], ids=["another recording", "garbage"])
def test_the_form_of_an_accepted_recording_replaces_nothing(world, content):
    begun = uploaded(world)
    memory = submit(world, begun)

    assert world.audio.receive(begun.form, content)
    assert submit(world, begun) == memory

    assert world.memories.get("acme", memory.id) == memory
    assert world.stored_audio()[memory.audio_key] == wav()
    assert memory.audio_sha256 == sha256(wav()).hexdigest()
    world.recover()
    assert world.stored_audio() == {memory.audio_key: wav()}


def test_no_form_names_the_key_of_accepted_audio(world):
    begun = uploaded(world)
    memory = submit(world, begun)
    assert begun.form.fields["key"] == f"incoming/acme/{memory.id}"
    assert memory.audio_key.startswith(f"audio/acme/{memory.id}.")
    assert world.stored_audio() == {memory.audio_key: wav()}


def test_what_a_form_writes_after_the_deletion_of_its_memory_is_swept(world):
    begun = uploaded(world)
    submit(world, begun)
    world.audio.receive(begun.form, other_wav())
    world.services({}).deletion.delete("acme", begun.memory.id)
    assert world.stored_audio() == {}

    world.audio.receive(begun.form, other_wav())
    with pytest.raises(MemoryNotFound):
        submit(world, begun)

    world.recover()
    assert world.stored_audio() == {}


def test_a_deleted_upload_that_was_not_submitted_leaves_no_audio(world):
    begun = uploaded(world)
    world.services({}).deletion.delete("acme", begun.memory.id)
    assert world.stored_audio() == {}


def test_audio_that_cannot_be_removed_at_the_deletion_is_swept_under_both_keys(world):
    begun = uploaded(world)
    submit(world, begun)
    world.audio.receive(begun.form, other_wav())
    world.faults.add("audio.delete", StorageUnavailable("gone"))

    world.services({}).deletion.delete("acme", begun.memory.id)

    assert len(world.stored_audio()) == 2
    world.recover()
    assert world.stored_audio() == {}


def replace_before_copying(world, monkeypatch, begun, contents):
    """The client posts the next of the contents after each check of the audio, before it is copied."""
    copy = world.audio.copy

    def replaced(*args):
        if contents:
            assert world.audio.receive(begun.form, contents.pop(0))
        return copy(*args)

    monkeypatch.setattr(world.audio, "copy", replaced)


def test_audio_that_is_replaced_after_its_check_is_checked_again(world, monkeypatch):
    begun = uploaded(world)
    replace_before_copying(world, monkeypatch, begun, [other_wav()])

    memory = submit(world, begun)

    assert (memory.audio_bytes, memory.audio_sha256) == (3_000, sha256(other_wav()).hexdigest())
    assert world.stored_audio() == {memory.audio_key: other_wav()}


def test_garbage_that_replaces_audio_after_its_check_is_refused(world, monkeypatch):
    begun = uploaded(world)
    replace_before_copying(world, monkeypatch, begun, [b"no sound at all" * 10])

    with pytest.raises(RecordingNotAudio):
        submit(world, begun)

    assert world.stored_audio() == {}
    assert world.memories.find(begun.memory.id) is None


def test_audio_that_is_replaced_three_times_is_refused_and_can_be_submitted_later(world, monkeypatch):
    begun = uploaded(world)
    replace_before_copying(world, monkeypatch, begun, [wav(3_000), wav(3_001), wav(3_002)])

    with pytest.raises(UploadReplaced):
        submit(world, begun)

    assert list(world.stored_audio()) == [begun.memory.audio_key]
    assert submit(world, begun).audio_bytes == 3_002


def test_of_two_submissions_with_other_audio_one_wins_and_the_copy_of_the_other_is_removed(world, monkeypatch):
    begun = uploaded(world)
    accept = world.memories.submit_upload
    meanwhile = []

    def submit_other_first(*args):
        monkeypatch.setattr(world.memories, "submit_upload", accept)
        world.audio.receive(begun.form, other_wav())
        meanwhile.append(submit(world, begun))
        return accept(*args)

    monkeypatch.setattr(world.memories, "submit_upload", submit_other_first)
    memory = submit(world, begun)

    assert meanwhile == [memory]
    assert world.stored_audio() == {memory.audio_key: other_wav()}
    assert memory.audio_sha256 == sha256(other_wav()).hexdigest()
    assert len(world.sent_jobs()) == 1


def test_a_submission_whose_audio_another_one_has_just_accepted_gives_that_memory(world, monkeypatch):
    begun = uploaded(world)
    look = world.audio.head
    meanwhile = []

    def submit_first(*args):
        monkeypatch.setattr(world.audio, "head", look)
        meanwhile.append(submit(world, begun))
        return look(*args)

    monkeypatch.setattr(world.audio, "head", submit_first)

    assert [submit(world, begun)] == meanwhile
    assert world.stored_audio() == {meanwhile[0].audio_key: wav()}


def test_the_copy_of_a_memory_that_was_deleted_meanwhile_is_removed(world, monkeypatch):
    begun = uploaded(world)
    copy = world.audio.copy

    def delete_after_copying(*args):
        digest = copy(*args)
        world.services({}).deletion.delete("acme", begun.memory.id)
        return digest

    monkeypatch.setattr(world.audio, "copy", delete_after_copying)
    with pytest.raises(MemoryNotFound):
        submit(world, begun)

    assert world.stored_audio() == {}


@when
def test_a_copy_that_fails_refuses_the_submission_and_loses_nothing(world, after_effect):
    begun = uploaded(world)
    world.faults.add("audio.copy", StorageUnavailable("gone"), after_effect=after_effect)
    with pytest.raises(StorageUnavailable):
        submit(world, begun)

    memory = submit(world, begun)

    assert memory.status is Status.QUEUED
    world.recover()
    assert world.stored_audio() == {memory.audio_key: wav()}


def test_uploaded_audio_that_cannot_be_removed_after_its_acceptance_is_swept(world):
    begun = uploaded(world)
    world.faults.add("audio.delete", StorageUnavailable("gone"))

    memory = submit(world, begun)

    assert len(world.stored_audio()) == 2
    world.recover()
    assert world.stored_audio() == {memory.audio_key: wav()}


def test_an_upload_that_the_release_before_began_is_copied_and_frozen_like_any_other(world):
    """That release signed forms for the memory's own key below audio/."""
    memory_id = world.randomness.new_id()
    key = f"audio/acme/{memory_id}"
    new = NewMemory(memory_id, "acme", key, "audio/wav", 0, "digest", "corr-1")
    world.memories.begin_upload(new, world.clock.now())
    world.audio.put(key, wav(), "audio/wav")

    memory = uploads(world).submit("acme", memory_id)

    assert memory.audio_key.startswith(f"{key}.")
    assert world.stored_audio() == {memory.audio_key: wav()}


def test_audio_that_the_release_before_has_accepted_meanwhile_is_kept(world, monkeypatch):
    memory_id = world.randomness.new_id()
    key = f"audio/acme/{memory_id}"
    world.memories.begin_upload(
        NewMemory(memory_id, "acme", key, "audio/wav", 0, "digest", "corr-1"), world.clock.now()
    )
    world.audio.put(key, wav(), "audio/wav")
    accept = world.memories.submit_upload

    def accepted_by_the_other_release(upload, now, relay_from):
        accept(replace(upload, audio_key=key), now, relay_from)
        return accept(upload, now, relay_from)

    monkeypatch.setattr(world.memories, "submit_upload", accepted_by_the_other_release)

    assert uploads(world).submit("acme", memory_id).audio_key == key
    assert world.stored_audio() == {key: wav()}


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
