"""Every port fails at every step, before or after its effect, and the process is killed there.

Whatever happens, a recording ends in one of two states once relay and sweep have run: wholly there, with its audio
and its job, or not at all. And if intake said yes, it is there.
"""

import pytest

from rawk.domain.errors import ConfigurationError, DatabaseUnavailable, QueueUnavailable, StorageUnavailable
from rawk.ports import Accepted
from tests.unit.api.forms import wav
from tests.unit.api.world import World

BEFORE_ACCEPTANCE = {
    "audio.open_upload": StorageUnavailable,
    "upload.write": StorageUnavailable,
    "upload.complete": StorageUnavailable,
    "memories.accept": DatabaseUnavailable,
}
AFTER_ACCEPTANCE = {"queue.send": QueueUnavailable, "memories.mark_sent": DatabaseUnavailable}
STEPS = BEFORE_ACCEPTANCE | AFTER_ACCEPTANCE

when = pytest.mark.parametrize("after_effect", [False, True], ids=["instead", "answer lost"])


class Killed(BaseException):
    """The process was killed: no clean-up runs."""


@pytest.fixture
def world() -> World:
    return World()


def take_in(world: World, key: str | None = None) -> Accepted:
    recording = world.intake.open("acme", "corr-1", key)
    recording.write(wav(100))
    recording.write(wav(100))
    return recording.finish()


@pytest.mark.parametrize("step", ["audio.open_upload", "upload.write", "upload.complete"])
def test_a_store_that_fails_refuses_the_recording_and_leaves_nothing(world, step):
    world.faults.add(step, StorageUnavailable("gone"))

    with pytest.raises(StorageUnavailable):
        take_in(world)

    assert world.faults.triggered == 1
    assert is_nowhere(world)
    assert world.uploads_under_way() == 0


@pytest.mark.parametrize("step", ["audio.open_upload", "upload.write", "upload.complete"])
def test_a_store_whose_answer_is_lost_leaves_only_audio_that_the_sweep_removes(world, step):
    world.faults.add(step, StorageUnavailable("gone"), after_effect=True)

    with pytest.raises(StorageUnavailable):
        take_in(world)

    assert world.faults.triggered == 1
    assert world.memories.page("acme", None, None, 10) == []
    world.recover()
    assert is_nowhere(world)


def test_a_database_that_is_down_refuses_the_recording_and_the_sweep_removes_its_audio(world):
    world.faults.add("memories.accept", DatabaseUnavailable("gone"), times=2)

    with pytest.raises(DatabaseUnavailable):
        take_in(world)

    # Intake cannot know whether the database has committed.
    assert len(world.stored_audio()) == 1
    assert world.memories.page("acme", None, None, 10) == []
    world.recover()
    assert is_nowhere(world)


@when
def test_one_lost_database_connection_does_not_refuse_the_recording(world, after_effect):
    world.faults.add("memories.accept", DatabaseUnavailable("cut"), after_effect=after_effect)

    accepted = take_in(world)

    assert world.faults.triggered == 1
    assert world.stored_audio() == {accepted.memory.audio_key: wav(100) * 2}
    assert [job.memory_id for job in world.sent_jobs()] == [accepted.memory.id]
    assert world.outbox() == []


def test_a_commit_whose_answer_is_lost_twice_keeps_its_audio_and_the_relay_sends_its_job(world):
    world.faults.add("memories.accept", DatabaseUnavailable("cut"), after_effect=True, times=2)

    with pytest.raises(DatabaseUnavailable):
        take_in(world, key="k")

    [memory] = world.all_memories()
    assert world.sent_jobs() == []
    world.recover()
    assert world.stored_audio() == {memory.audio_key: wav(100) * 2}
    assert [job.memory_id for job in world.sent_jobs()] == [memory.id]
    # A client that repeats its request with the key gets the same memory.
    assert take_in(world, key="k").memory.id == memory.id
    assert list(world.stored_audio()) == [memory.audio_key]


@when
@pytest.mark.parametrize(
    ("step", "error"),
    [*AFTER_ACCEPTANCE.items(), ("queue.send", ConfigurationError)],
)
def test_after_a_failure_behind_the_commit_the_relay_sends_the_job(world, step, error, after_effect):
    world.faults.add(step, error("gone"), after_effect=after_effect)

    accepted = take_in(world)

    assert world.faults.triggered == 1
    world.recover()
    assert is_whole(world)
    assert world.memories.get("acme", accepted.memory.id) is not None
    assert world.outbox() == []


@when
@pytest.mark.parametrize("step", STEPS)
def test_a_process_killed_at_any_step_leaves_what_relay_and_sweep_can_repair(world, step, after_effect):
    world.faults.add(step, Killed(), after_effect=after_effect)

    with pytest.raises(Killed):
        take_in(world)

    world.recover()
    committed = step in AFTER_ACCEPTANCE or (step == "memories.accept" and after_effect)
    assert is_whole(world) if committed else is_nowhere(world)


def test_audio_of_a_repeated_upload_that_cannot_be_removed_is_swept(world):
    first = take_in(world, key="k")
    world.faults.add("audio.delete", StorageUnavailable("gone"))

    assert take_in(world, key="k").memory.id == first.memory.id

    assert len(world.stored_audio()) == 2
    world.recover()
    assert list(world.stored_audio()) == [first.memory.audio_key]


@pytest.mark.parametrize("error", [StorageUnavailable("gone"), ConfigurationError("no such bucket")])
def test_the_upload_is_aborted_once_after_any_error(world, error):
    world.faults.add("upload.write", error)
    recording = world.intake.open("acme", "corr-1")

    with pytest.raises(type(error)):
        recording.write(wav(100))
    recording.abort()

    assert world.faults.calls == ["audio.open_upload", "upload.abort"]
    assert recording.ended


def is_nowhere(world: World) -> bool:
    """Nothing can read the parts of an upload that was never completed; S3's lifecycle removes them."""
    return not (world.stored_audio() or world.memories.page("acme", None, None, 10) or world.sent_jobs())


def is_whole(world: World) -> bool:
    """One memory with its audio and at least one job: a second job does nothing."""
    [memory] = world.all_memories()
    jobs = {job.memory_id for job in world.sent_jobs()}
    return world.stored_audio() == {memory.audio_key: wav(100) * 2} and jobs == {memory.id}
