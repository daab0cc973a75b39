"""Accepted audio never changes: no form, no submission at the same moment and no older release replaces it."""

from dataclasses import replace
from hashlib import sha256

import pytest

from rawk.domain.errors import (
    MemoryNotFound,
    RecordingNotAudio,
    StorageUnavailable,
    UploadReplaced,
)
from rawk.domain.memory import NewMemory, Status
from tests.unit.api.forms import wav
from tests.unit.api.world import World
from tests.unit.use_cases.direct_uploads import submit, uploaded, uploads, when


@pytest.fixture
def world() -> World:
    return World()


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


@pytest.mark.parametrize("at_check", [1, 2, 3])
def test_a_submission_that_loses_every_check_gives_the_memory_that_another_one_accepted(world, monkeypatch, at_check):
    begun = uploaded(world)
    copy = world.audio.copy
    checks, meanwhile = [], []

    def replaced(*args):
        checks.append(args)
        if len(checks) == at_check:
            monkeypatch.setattr(world.audio, "copy", copy)
            meanwhile.append(submit(world, begun))
            monkeypatch.setattr(world.audio, "copy", replaced)
        world.audio.receive(begun.form, wav(3_000 + len(checks)))
        return copy(*args)

    monkeypatch.setattr(world.audio, "copy", replaced)

    assert [submit(world, begun)] == meanwhile
    assert meanwhile[0].audio_key in world.stored_audio()
    assert len(world.sent_jobs()) == 1


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
