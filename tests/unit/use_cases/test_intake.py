"""Intake: what is stored, what is refused, and that no intermediate state is visible."""

from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest

from rawk.config import MAX_RECORDING_BYTES
from rawk.domain.audio_keys import audio_key
from rawk.domain.errors import (
    ConfigurationError,
    IdempotencyConflict,
    MemoryDeleted,
    RecordingEmpty,
    RecordingNotAudio,
    RecordingTooLarge,
)
from rawk.domain.memory import Status
from rawk.domain.messages import Job
from rawk.ports import Accepted
from rawk.use_cases.audio_formats import HEAD_BYTES
from rawk.use_cases.delete_memory import DeleteMemory
from rawk.use_cases.intake import content_digest
from tests.unit.api.forms import wav
from tests.unit.api.world import World

MEBIBYTE = 1024 * 1024


@pytest.fixture
def world() -> World:
    return World()


def take_in(world: World, content: bytes, *, tenant: str = "acme", key: str | None = None, **fields) -> Accepted:
    recording = world.intake.open(tenant, "corr-1", key)
    for start in range(0, len(content), MEBIBYTE):
        recording.write(content[start : start + MEBIBYTE])
    return recording.finish(**fields)


def test_an_accepted_recording_is_stored_committed_and_sent(world):
    recorded_at = datetime(2026, 11, 19, 8, tzinfo=UTC)

    accepted = take_in(world, wav(3 * MEBIBYTE + 7), title="Standup", recorded_at=recorded_at)

    memory = accepted.memory
    assert accepted.created
    assert world.memories.get("acme", memory.id) == memory
    assert (memory.status, memory.title, memory.recorded_at) == (Status.QUEUED, "Standup", recorded_at)
    assert (memory.audio_content_type, memory.audio_bytes) == ("audio/wav", 3 * MEBIBYTE + 7)
    assert memory.correlation_id == "corr-1"
    assert memory.audio_key == f"audio/acme/{memory.id}"
    assert memory.audio_sha256 == sha256(wav(3 * MEBIBYTE + 7)).hexdigest()
    assert world.stored_audio() == {memory.audio_key: wav(3 * MEBIBYTE + 7)}
    assert world.sent_jobs() == [Job(memory.id, "corr-1")]
    assert world.outbox() == []


def test_a_recording_shorter_than_a_head_is_recognised_at_its_end(world):
    accepted = take_in(world, wav(HEAD_BYTES - 1))

    assert world.stored_audio() == {accepted.memory.audio_key: wav(HEAD_BYTES - 1)}


def test_a_recording_may_have_exactly_the_limit(world):
    assert take_in(world, wav(MAX_RECORDING_BYTES)).memory.audio_bytes == 26_214_400


def test_one_byte_over_the_limit_is_refused_and_leaves_nothing(world):
    recording = world.intake.open("acme", "corr-1")
    recording.write(wav(MAX_RECORDING_BYTES))

    with pytest.raises(RecordingTooLarge, match="26214400"):
        recording.write(b"\x00")

    nothing_is_left(world)


def test_content_that_is_no_audio_is_refused_with_its_head(world):
    recording = world.intake.open("acme", "corr-1")
    recording.write(b"%PDF-1.7" + bytes(HEAD_BYTES - 9))

    with pytest.raises(RecordingNotAudio):
        recording.write(b"\x00")

    nothing_is_left(world)


def test_a_few_bytes_that_are_not_audio_are_refused_at_their_end(world):
    with pytest.raises(RecordingNotAudio):
        take_in(world, b"hello")

    nothing_is_left(world)


def test_no_bytes_are_refused(world):
    with pytest.raises(RecordingEmpty):
        take_in(world, b"")

    nothing_is_left(world)


def test_an_aborted_upload_leaves_nothing(world):
    recording = world.intake.open("acme", "corr-1")
    recording.write(wav(2 * MEBIBYTE))

    recording.abort()
    recording.abort()

    nothing_is_left(world)


def test_aborting_an_ended_recording_changes_nothing(world):
    recording = world.intake.open("acme", "corr-1")
    recording.write(wav())
    accepted = recording.finish()

    recording.abort()

    assert world.stored_audio() == {accepted.memory.audio_key: wav()}


def test_the_same_key_and_content_give_the_same_memory_and_one_audio(world):
    first = take_in(world, wav(), key="k")
    again = take_in(world, wav(), key="k")

    assert again.memory == first.memory
    assert not again.created
    assert list(world.stored_audio()) == [first.memory.audio_key]
    assert world.sent_jobs() == [Job(first.memory.id, "corr-1")]


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (wav(filler=b"\x81"), {}),
        (wav(), {"title": "Other"}),
        (wav(), {"recorded_at": datetime(2026, 11, 20, tzinfo=UTC)}),
    ],
)
def test_the_same_key_with_other_content_is_a_conflict_and_leaves_the_first_alone(world, content, fields):
    first = take_in(world, wav(), key="k")

    with pytest.raises(IdempotencyConflict):
        take_in(world, content, key="k", **fields)

    assert world.stored_audio() == {first.memory.audio_key: wav()}
    assert len(world.sent_jobs()) == 1


def test_keys_belong_to_their_tenant(world):
    first = take_in(world, wav(), key="k", tenant="acme")
    other = take_in(world, wav(), key="k", tenant="globex")

    assert other.memory.id != first.memory.id
    assert len(world.stored_audio()) == 2


def test_the_key_of_a_deleted_memory_stays_used(world):
    first = take_in(world, wav(), key="k")
    DeleteMemory(world.memories, world.audio, world.clock).delete("acme", first.memory.id)

    with pytest.raises(MemoryDeleted):
        take_in(world, wav(), key="k")

    assert world.stored_audio() == {}


def test_the_digest_depends_on_audio_title_and_moment():
    audio = sha256(wav()).hexdigest()
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    digests = {
        content_digest(audio, None, None),
        content_digest(audio, "a", None),
        content_digest(audio, None, noon),
        content_digest(audio, "a", noon),
        content_digest(sha256(b"").hexdigest(), None, None),
    }

    assert len(digests) == 5
    assert content_digest(audio, "a", noon.astimezone(timezone(timedelta(hours=5)))) in digests


@pytest.mark.parametrize("tenant", ["", "..", ".hidden", "a/b", "../x", "ä", "a b", "x" * 65, "a\n"])
def test_a_tenant_cannot_leave_its_folder(tenant):
    with pytest.raises(ConfigurationError, match="tenant"):
        audio_key(tenant, "id")


def nothing_is_left(world: World) -> None:
    assert world.stored_audio() == {}
    assert world.uploads_under_way() == 0
    assert world.memories.page("acme", None, None, 10) == []
    assert world.sent_jobs() == []
