"""Deletion: what is gone at once, what goes by age, and what late messages find."""

from datetime import timedelta

import pytest

from rawk.domain.errors import AIMisconfigured, MemoryDeleted, MemoryNotFound, StorageUnavailable
from rawk.domain.memory import NewMemory
from rawk.use_cases.dead_letters import Selection
from rawk.use_cases.delete_memory import DeleteMemory
from rawk.use_cases.processing import Acknowledged
from rawk.use_cases.recovery import AUDIO_SWEPT_EVERY, BATCH, TOMBSTONES_KEPT_FOR
from tests.unit.use_cases.pipeline import FUNCTION_SECONDS, MAX_RECEIVES, ORPHAN_AFTER, Pipeline

SECOND = timedelta(seconds=1)
LONGEST_SQS_RETENTION = timedelta(days=14)
"""Amazon SQS API Reference, SetQueueAttributes, MessageRetentionPeriod: 60 to 1,209,600 seconds."""


def delete(pipeline: Pipeline, memory_id: str) -> None:
    services = pipeline.processing.services
    DeleteMemory(services.memories, services.audio, pipeline.clock).delete("acme", memory_id)


def accept(pipeline: Pipeline, key: str) -> str:
    """Another recording under the idempotency key; gives its id."""
    new = NewMemory(pipeline.randomness.new_id(), "acme", "audio/acme/x", "audio/wav", 1, "digest", "corr", key)
    now = pipeline.clock.now()
    return pipeline.memories.accept(new, now, now).memory.id


# tombstones


def test_tombstones_are_kept_for_thirty_days_and_then_removed(pipeline):
    delete(pipeline, accept(pipeline, "key"))

    pipeline.clock.time += timedelta(days=30)
    assert pipeline.recovery.run().tombstones_removed == 0
    with pytest.raises(MemoryDeleted):
        accept(pipeline, "key")

    pipeline.clock.time += SECOND
    assert pipeline.recovery.run().tombstones_removed == 1
    assert pipeline.memory(accept(pipeline, "key")).transcript is None


def test_a_tombstone_outlasts_a_message_and_its_redrive_whatever_the_queues_retention():
    assert TOMBSTONES_KEPT_FOR > 2 * LONGEST_SQS_RETENTION


def test_more_tombstones_than_a_batch_are_removed_in_one_run(pipeline):
    for number in range(2 * BATCH + 1):
        delete(pipeline, accept(pipeline, f"key {number}"))
    pipeline.clock.time += TOMBSTONES_KEPT_FOR + SECOND

    assert pipeline.recovery.run().tombstones_removed == 2 * BATCH + 1
    assert pipeline.recovery.run().tombstones_removed == 0


# late messages


def test_a_message_of_a_deleted_memory_is_acknowledged_as_long_as_it_and_its_redrive_can_exist(pipeline):
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [AIMisconfigured("401")]
    pipeline.drain()
    delete(pipeline, memory_id)
    for _ in range(2):
        pipeline.clock.time += LONGEST_SQS_RETENTION
        pipeline.recovery.run()
    assert len(pipeline.dead_bodies()) == 1

    pipeline.operations.redrive_all(None)

    assert pipeline.drain() == [Acknowledged()]
    assert pipeline.dead_bodies() == []


def test_a_message_older_than_its_memorys_tombstone_is_poison_and_classified_as_deleted(pipeline):
    memory_id = pipeline.record()
    delete(pipeline, memory_id)
    pipeline.clock.time += TOMBSTONES_KEPT_FOR + SECOND
    pipeline.recovery.run()

    assert len(pipeline.drain()) == MAX_RECEIVES

    assert [each.why for each in pipeline.operations.classify(10)] == ["deleted"]
    assert [each.why for each in pipeline.operations.purge(10, Selection(whys=frozenset({"deleted"})))] == ["deleted"]
    assert pipeline.dead_bodies() == []


# the audio


def test_the_audio_of_a_deleted_memory_is_gone_at_once(pipeline):
    delete(pipeline, pipeline.record())
    assert pipeline.audio.objects == {}


def test_audio_that_could_not_be_deleted_is_gone_within_its_time(pipeline):
    """At the latest when it is old enough for the sweep, and the sweep's next hour has passed."""
    pipeline.recovery.run()
    memory_id = pipeline.record()
    pipeline.faults.add("audio.delete", StorageUnavailable("S3 does not answer"))
    delete(pipeline, memory_id)
    assert len(pipeline.audio.objects) == 1

    ends_at = pipeline.clock.now() + ORPHAN_AFTER + AUDIO_SWEPT_EVERY + timedelta(minutes=1)
    while pipeline.clock.now() < ends_at:
        pipeline.clock.time += timedelta(minutes=1)
        pipeline.recovery.run()

    assert pipeline.audio.objects == {}


# at every moment of a memory's life


def test_a_second_deletion_finds_nothing(pipeline):
    memory_id = pipeline.record()
    delete(pipeline, memory_id)
    with pytest.raises(MemoryNotFound):
        delete(pipeline, memory_id)
    assert pipeline.drain() == [Acknowledged()]


def test_a_memory_in_the_outbox_is_deleted_with_its_job(pipeline):
    delete(pipeline, pipeline.record(send=False))
    pipeline.clock.time += timedelta(hours=1)

    assert pipeline.recovery.run().sent == 0
    assert (pipeline.jobs.messages(), pipeline.outbox()) == ([], [])


@pytest.mark.parametrize("during", ["transcriber", "analyst"])
def test_a_memory_that_is_deleted_while_openai_works_on_it_stays_deleted(pipeline, during):
    memory_id = pipeline.record()
    getattr(pipeline, during).meanwhile = [lambda: delete(pipeline, memory_id)]

    assert pipeline.work() == Acknowledged()

    assert pipeline.memories.rows == {}
    assert pipeline.memories.history(memory_id) == []
    assert pipeline.audio.objects == {}


def test_a_memory_that_is_deleted_between_its_two_commits_stays_deleted(pipeline):
    memory_id = pipeline.record()
    pipeline.transcriber.meanwhile = [lambda: pipeline.clock.sleep(FUNCTION_SECONDS - 2)]  # no time for the analysis
    pipeline.work()
    assert pipeline.memory(memory_id).transcript is not None

    delete(pipeline, memory_id)
    pipeline.clock.time += timedelta(days=1)

    assert pipeline.recovery.run().analyses_queued == 0
    assert (pipeline.memories.rows, pipeline.jobs.messages()) == ({}, [])


def test_a_complete_memory_is_deleted_with_its_history(pipeline):
    memory_id = pipeline.record()
    pipeline.work()
    delete(pipeline, memory_id)

    assert (pipeline.memories.rows, pipeline.memories.history(memory_id)) == ({}, [])
