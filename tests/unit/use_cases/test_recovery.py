"""Recovery: unsent jobs, due analyses, abandoned memories, orphan audio."""

from datetime import timedelta

import pytest

from rawk.adapters.s3.in_memory import StoredAudio
from rawk.domain.errors import (
    AIBadAnalysis,
    AIMisconfigured,
    AIQuotaExhausted,
    AITransient,
    DatabaseUnavailable,
    QueueUnavailable,
    StorageUnavailable,
)
from rawk.domain.memory import AnalysisState, FailureReason, Status
from rawk.domain.messages import decode
from rawk.use_cases.processing import Acknowledged
from rawk.use_cases.recovery import AUDIO_SWEPT_EVERY, BATCH, TOMBSTONES_KEPT_FOR, Recovered
from tests.unit.use_cases.pipeline import (
    ANALYSIS_GAPS,
    GRACE,
    LEASE_SECONDS,
    MAX_RECEIVES,
    ORPHAN_AFTER,
    RETENTION_SECONDS,
    VISIBILITY_SECONDS,
    Killed,
)

DOWN = QueueUnavailable("SQS does not answer")
SECOND = timedelta(seconds=1)


def sent(pipeline):
    return [decode(message.body).memory_id for message in pipeline.jobs.messages()]


# the relay


def test_a_job_that_intake_could_not_send_is_sent_after_the_grace_time(pipeline):
    memory_id = pipeline.record(send=False)

    pipeline.clock.time += GRACE - SECOND
    assert pipeline.recovery.run().sent == 0
    pipeline.clock.time += SECOND
    assert pipeline.recovery.run().sent == 1

    assert sent(pipeline) == [memory_id]
    assert pipeline.outbox() == []
    assert pipeline.work() == Acknowledged()


@pytest.mark.parametrize("error", [None, DOWN])
def test_the_lines_about_a_relayed_job_name_its_memory(pipeline, log_lines, error):
    memory_id = pipeline.record(send=False)
    pipeline.clock.time += GRACE
    if error is not None:
        pipeline.faults.add("queue.send", error)

    pipeline.recovery.run()

    [line] = [line for line in log_lines() if line["event"] in ("job_relayed", "relay_stopped")]
    assert line["event"] == ("job_relayed" if error is None else "relay_stopped")
    assert line["memory_id"] == memory_id


def test_the_line_about_a_queued_analysis_names_its_memory(pipeline, log_lines):
    memory_id = pipeline.record()
    pipeline.analyst.failures = [AIMisconfigured("OpenAI answered 401")]
    pipeline.drain()
    pipeline.clock.time += ANALYSIS_GAPS[0]

    pipeline.recovery.run()

    assert [line["memory_id"] for line in log_lines() if line["event"] == "analysis_queued"] == [memory_id]


def test_a_job_that_intake_sent_is_not_sent_again(pipeline):
    pipeline.record()
    pipeline.clock.time += GRACE

    assert pipeline.recovery.run() == Recovered(0, 0, 0, 0, 0, 0, 0)


def test_during_an_sqs_outage_nothing_is_lost_and_all_jobs_are_sent_later(pipeline):
    memory_ids = [pipeline.record(send=False) for _ in range(5)]
    pipeline.clock.time += GRACE
    pipeline.faults.add("queue.send", DOWN)

    assert pipeline.recovery.run().sent == 0
    assert pipeline.recovery.run().sent == 0  # not due again yet
    pipeline.clock.time += GRACE
    assert pipeline.recovery.run().sent == 5

    assert sorted(sent(pipeline)) == sorted(memory_ids)


def test_a_relay_that_stops_half_way_returns_the_number_it_sent(pipeline):
    memory_ids = [pipeline.record(send=False) for _ in range(3)]
    pipeline.clock.time += GRACE
    sent_before = pipeline.queue.send

    def send_two(job):
        if len(pipeline.jobs.messages()) == 2:
            raise DOWN
        sent_before(job)

    pipeline.queue.send = send_two
    assert pipeline.recovery.run().sent == 2
    pipeline.queue.send = sent_before

    assert sorted(pipeline.outbox()) == sorted(set(memory_ids) - set(sent(pipeline)))


def test_a_send_whose_answer_was_lost_is_repeated_without_effect(pipeline):
    memory_id = pipeline.record(send=False)
    pipeline.clock.time += GRACE
    pipeline.faults.add("queue.send", DOWN, after_effect=True)

    pipeline.recovery.run()
    pipeline.clock.time += GRACE
    pipeline.recovery.run()

    assert sent(pipeline) == [memory_id, memory_id]
    assert pipeline.drain() == [Acknowledged(), Acknowledged()]
    assert len(pipeline.transcriber.calls) == 1


def test_a_relay_killed_before_mark_sent_sends_again(pipeline):
    memory_id = pipeline.record(send=False)
    pipeline.clock.time += GRACE
    pipeline.faults.add("memories.mark_sent", Killed())

    with pytest.raises(Killed):
        pipeline.recovery.run()
    pipeline.clock.time += GRACE

    assert pipeline.recovery.run().sent == 1
    assert sent(pipeline) == [memory_id, memory_id]


def test_more_than_a_batch_is_sent_in_one_run(pipeline):
    for _ in range(2 * BATCH + 1):
        pipeline.record(send=False)
    pipeline.clock.time += GRACE

    assert pipeline.recovery.run().sent == 2 * BATCH + 1


# analyses


def test_an_analysis_is_tried_again_with_growing_gaps_until_the_limit(pipeline):
    memory_id = pipeline.record()
    pipeline.analyst.failures = [AIQuotaExhausted("OpenAI answered 429 insufficient_quota")] * 10
    pipeline.drain()

    for number, gap in enumerate(ANALYSIS_GAPS, start=1):
        pipeline.clock.time += gap - SECOND
        assert pipeline.recovery.run().analyses_queued == 0
        pipeline.clock.time += SECOND
        done = pipeline.recovery.run()
        assert (done.analyses_queued, done.sent) == (1, 1)
        assert pipeline.memory(memory_id).analysis_attempts == number
        assert pipeline.drain() == [Acknowledged()]
        assert pipeline.memory(memory_id).analysis_state is AnalysisState.PENDING

    pipeline.clock.time += timedelta(days=1)
    assert pipeline.recovery.run().analyses_queued == 0

    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.analysis_state) == (Status.TRANSCRIPT_ONLY, AnalysisState.GAVE_UP)
    assert memory.failure_reason is FailureReason.OPENAI_QUOTA
    assert (memory.openai_calls, len(pipeline.transcriber.calls)) == (1 + 4, 1)


def test_an_analysis_that_no_worker_processes_is_queued_again_after_growing_gaps_only(pipeline):
    pipeline.record()
    pipeline.analyst.failures = [AIMisconfigured("OpenAI answered 404 model_not_found")]
    pipeline.drain()
    pipeline.clock.time += ANALYSIS_GAPS[0]
    assert pipeline.recovery.run().analyses_queued == 1

    for gap in ANALYSIS_GAPS[:2]:
        pipeline.clock.time += gap - SECOND
        assert pipeline.recovery.run().analyses_queued == 0
        pipeline.clock.time += SECOND
        assert pipeline.recovery.run().analyses_queued == 1


def test_an_analysis_completes_without_an_operator_once_openai_is_back(pipeline):
    memory_id = pipeline.record()
    pipeline.analyst.failures = [AIMisconfigured("OpenAI answered 404 model_not_found")]
    pipeline.drain()

    pipeline.clock.time += ANALYSIS_GAPS[0]
    pipeline.recovery.run()
    pipeline.drain()

    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.failure_reason) == (Status.COMPLETE, None)
    assert len(pipeline.transcriber.calls) == 1


def test_an_analysis_that_was_given_up_is_not_queued(pipeline):
    pipeline.record()
    pipeline.analyst.failures = [AIBadAnalysis("refused", reason=FailureReason.ANALYSIS_REFUSED)]
    pipeline.drain()

    pipeline.clock.time += timedelta(days=1)

    assert pipeline.recovery.run().analyses_queued == 0


def test_the_sweep_queues_the_analysis_of_a_worker_killed_on_its_last_receive(pipeline):
    memory_id = pipeline.record()
    pipeline.faults.add("analyst.analyse", Killed(), times=MAX_RECEIVES)
    for _ in range(MAX_RECEIVES):
        with pytest.raises(Killed):
            pipeline.work()
    pipeline.drain()
    pipeline.clock.time += ANALYSIS_GAPS[0] + timedelta(seconds=LEASE_SECONDS)

    assert pipeline.recovery.run().analyses_queued == 1
    pipeline.drain()

    assert pipeline.memory(memory_id).status is Status.COMPLETE
    assert len(pipeline.transcriber.calls) == 1


# dead letters that no worker has given up


def throttle(pipeline, receives=MAX_RECEIVES + 1):
    """Lambda receives messages, is throttled, and leaves them to their visibility timeout; the last one is too many."""
    for _ in range(receives):
        pipeline.jobs.receive(limit=10)
        pipeline.clock.time += timedelta(seconds=VISIBILITY_SECONDS)


def test_a_job_that_no_worker_has_seen_is_sent_again(pipeline):
    memory_id = pipeline.record()
    throttle(pipeline)
    assert pipeline.dead_bodies()

    assert pipeline.recovery.run().redriven == 1
    assert pipeline.dead_bodies() == []
    assert pipeline.memory(memory_id).status is Status.QUEUED
    assert pipeline.drain() == [Acknowledged()]
    assert pipeline.memory(memory_id).status is Status.COMPLETE


def test_dead_letters_that_wait_for_an_operator_are_not_read_each_minute(pipeline):
    """Reading hides them from the operator."""
    killed = pipeline.record()
    pipeline.faults.add("audio.fetch", Killed(), times=MAX_RECEIVES)
    for _ in range(MAX_RECEIVES):
        with pytest.raises(Killed):
            pipeline.work()
    pipeline.drain()
    assert pipeline.dead_bodies()
    pipeline.record(send=False)
    pipeline.jobs.send("a job that waits behind many others")
    pipeline.clock.time += timedelta(seconds=MAX_RECEIVES * VISIBILITY_SECONDS + 1)
    reads = [pipeline.faults.calls.count("letters.peek")]
    for _ in range(21):
        pipeline.recovery.redrive_unprocessed()
        reads.append(pipeline.faults.calls.count("letters.peek"))
        pipeline.clock.time += timedelta(minutes=1)

    assert [minute for minute in range(21) if reads[minute + 1] > reads[minute]] == [0, 10, 20]
    assert pipeline.memory(killed).failure_reason is None


def test_after_a_read_that_found_jobs_the_next_run_reads_again(pipeline):
    for _ in range(3):
        pipeline.record()
        throttle(pipeline)
        assert pipeline.recovery.redrive_unprocessed() == 1
        pipeline.clock.time += timedelta(minutes=1)
        pipeline.drain()


def test_a_throttled_job_is_sent_again_however_long_it_takes(pipeline):
    memory_id = pipeline.record()
    for _ in range(10):
        throttle(pipeline)
        assert pipeline.recovery.run().redriven == 1

    pipeline.drain()
    assert pipeline.memory(memory_id).status is Status.COMPLETE


def test_a_job_is_sent_again_that_workers_had_returned_before_lambda_was_throttled(pipeline):
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [AITransient("OpenAI answered 503")] * 100
    pipeline.work()
    pipeline.transcriber.failures.clear()
    pipeline.clock.time += timedelta(seconds=VISIBILITY_SECONDS)
    throttle(pipeline, MAX_RECEIVES)
    assert pipeline.dead_bodies()

    assert pipeline.recovery.run().redriven == 1
    pipeline.drain()
    assert pipeline.memory(memory_id).status is Status.COMPLETE


def test_a_job_whose_workers_found_no_database_is_sent_again(pipeline):
    memory_id = pipeline.record()
    pipeline.faults.add("memories.claim", DatabaseUnavailable("down"), times=5 * MAX_RECEIVES)
    pipeline.drain()
    assert pipeline.dead_bodies()

    assert pipeline.recovery.run().redriven == 1
    pipeline.drain()
    assert pipeline.memory(memory_id).status is Status.COMPLETE


def test_other_dead_letters_stay_for_an_operator(pipeline):
    failed = pipeline.record()
    pipeline.transcriber.failures = [AIMisconfigured("OpenAI answered 401")]
    pipeline.drain()
    killed = pipeline.record()
    pipeline.faults.add("transcriber.transcribe", Killed(), times=MAX_RECEIVES)
    for _ in range(MAX_RECEIVES):
        with pytest.raises(Killed):
            pipeline.work()
    pipeline.jobs.send("poison")
    pipeline.drain()
    throttled = pipeline.record()
    throttle(pipeline)
    assert len(pipeline.dead_bodies()) == 4

    assert pipeline.recovery.run().redriven == 1
    assert sent(pipeline) == [throttled]
    assert {failed, killed} == {decode(body).memory_id for body in pipeline.dead_bodies() if body != "poison"}


def test_dead_letters_are_not_read_while_no_memory_waits_for_long(pipeline):
    pipeline.record()
    pipeline.transcriber.failures = [AIMisconfigured("OpenAI answered 401")]
    pipeline.drain()
    pipeline.record()
    pipeline.clock.time += timedelta(seconds=MAX_RECEIVES * VISIBILITY_SECONDS)
    pipeline.faults.calls.clear()

    assert pipeline.recovery.run().redriven == 0
    assert not [call for call in pipeline.faults.calls if call.startswith("letters.")]


def test_an_empty_dead_letter_queue_is_counted_and_not_read(pipeline):
    pipeline.record()
    pipeline.clock.time += timedelta(seconds=MAX_RECEIVES * VISIBILITY_SECONDS + 1)
    pipeline.faults.calls.clear()

    assert pipeline.recovery.run().redriven == 0
    assert [call for call in pipeline.faults.calls if call.startswith("letters.")] == ["letters.count"]


@pytest.mark.parametrize("call", ["letters.count", "letters.peek", "letters.take", "letters.move"])
def test_an_outage_of_sqs_leaves_dead_letters_to_the_next_run(pipeline, call):
    pipeline.record()
    throttle(pipeline)
    pipeline.faults.add(call, DOWN)

    assert pipeline.recovery.run().redriven == 0
    assert len(pipeline.dead_bodies()) == 1
    pipeline.clock.time += timedelta(minutes=1)
    assert pipeline.recovery.run().redriven == 1


def test_a_relay_that_lambda_kills_among_the_dead_letters_has_done_everything_else(pipeline):
    """To read a hundred thousand dead letters takes longer than a run may last."""
    deleted = pipeline.record()
    pipeline.memories.delete("acme", deleted, pipeline.clock.now())
    pipeline.clock.time += TOMBSTONES_KEPT_FOR + SECOND
    unsent = pipeline.record(send=False)
    pipeline.record()
    throttle(pipeline)
    pipeline.audio.put("audio/acme/orphan", b"...", "audio/wav")
    pipeline.clock.time += ORPHAN_AFTER + SECOND
    pipeline.faults.add("letters.peek", Killed())

    with pytest.raises(Killed):
        pipeline.recovery.run()

    assert unsent in sent(pipeline)
    assert "audio/acme/orphan" not in pipeline.audio.objects
    assert pipeline.faults.calls.count("memories.delete_tombstones") == 1


# abandoned memories


def test_a_memory_whose_worker_died_on_its_last_receive_fails_as_abandoned(pipeline):
    memory_id = pipeline.record()
    pipeline.faults.add("transcriber.transcribe", Killed(), times=MAX_RECEIVES)
    for _ in range(MAX_RECEIVES):
        with pytest.raises(Killed):
            pipeline.work()
    longest_gap = MAX_RECEIVES * VISIBILITY_SECONDS
    patience = timedelta(seconds=(MAX_RECEIVES - 1) * longest_gap + MAX_RECEIVES * LEASE_SECONDS)

    pipeline.clock.time += patience
    assert pipeline.recovery.run().abandoned == 0
    pipeline.clock.time += SECOND
    assert pipeline.recovery.run().abandoned == 1

    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.failure_reason) == (Status.FAILED, FailureReason.ABANDONED)


def test_a_redrive_completes_an_abandoned_memory(pipeline):
    memory_id = pipeline.record()
    pipeline.faults.add("transcriber.transcribe", Killed(), times=MAX_RECEIVES)
    for _ in range(MAX_RECEIVES):
        with pytest.raises(Killed):
            pipeline.work()
    pipeline.drain()
    pipeline.clock.time += timedelta(days=1)
    pipeline.recovery.run()

    pipeline.operations.redrive_all(None)
    pipeline.drain()

    assert pipeline.memory(memory_id).status is Status.COMPLETE


def test_a_memory_whose_message_expired_in_sqs_fails_as_abandoned(pipeline):
    memory_id = pipeline.record()

    pipeline.clock.time += timedelta(seconds=RETENTION_SECONDS)
    assert pipeline.recovery.run().abandoned == 0
    pipeline.clock.time += SECOND
    assert pipeline.recovery.run().abandoned == 1

    assert pipeline.memory(memory_id).failure_reason is FailureReason.ABANDONED


def test_a_memory_that_waits_for_its_next_receive_is_not_abandoned(pipeline):
    pipeline.record()
    pipeline.faults.add("memories.save_transcript", DatabaseUnavailable("down"), times=2 * 5)
    pipeline.work()
    pipeline.work()
    pipeline.clock.time += timedelta(seconds=2 * VISIBILITY_SECONDS - 1)

    assert pipeline.recovery.run().abandoned == 0
    assert pipeline.work() == Acknowledged()


def test_a_memory_is_not_abandoned_although_no_worker_reached_the_database_for_all_but_the_last_receive(pipeline):
    pipeline.record()
    pipeline.faults.add("transcriber.transcribe", Killed())
    with pytest.raises(Killed):
        pipeline.work()
    pipeline.faults.add("memories.claim", DatabaseUnavailable("down"), times=5 * (MAX_RECEIVES - 2))
    for _ in range(MAX_RECEIVES - 2):
        pipeline.work()
    pipeline.clock.time += timedelta(seconds=(MAX_RECEIVES - 1) * VISIBILITY_SECONDS + LEASE_SECONDS)

    assert pipeline.recovery.run().abandoned == 0
    assert pipeline.work() == Acknowledged()


# audio


def test_only_old_audio_without_a_row_is_removed(pipeline):
    memory_id = pipeline.record()
    kept = pipeline.memory(memory_id).audio_key
    pipeline.audio.put("audio/acme/orphan", b"...", "audio/wav")

    pipeline.clock.time += ORPHAN_AFTER
    assert pipeline.recovery.sweep_audio() == 0
    pipeline.clock.time += SECOND
    assert pipeline.recovery.sweep_audio() == 1

    assert set(pipeline.audio.objects) == {kept}


def test_audio_is_swept_once_an_hour_however_often_the_relay_runs(pipeline):
    pipeline.recovery.run()
    pipeline.audio.put("audio/acme/orphan", b"...", "audio/wav")
    pipeline.clock.time += ORPHAN_AFTER + SECOND
    assert pipeline.recovery.run().orphans_removed == 1

    old_by_now = StoredAudio(b"...", "audio/wav", pipeline.clock.now() - ORPHAN_AFTER)
    pipeline.audio.objects["audio/acme/next"] = old_by_now
    pipeline.clock.time += AUDIO_SWEPT_EVERY - SECOND
    assert pipeline.recovery.run().orphans_removed == 0
    pipeline.clock.time += SECOND
    assert pipeline.recovery.run().orphans_removed == 1


def test_a_failed_sweep_is_repeated_by_the_next_run(pipeline):
    pipeline.audio.put("audio/acme/orphan", b"...", "audio/wav")
    pipeline.clock.time += ORPHAN_AFTER + SECOND
    pipeline.faults.add("audio.older_than", StorageUnavailable("S3 does not answer"))

    assert pipeline.recovery.run().orphans_removed == 0
    assert pipeline.recovery.run().orphans_removed == 1


def test_more_orphans_than_a_batch_are_removed_in_one_run(pipeline):
    for number in range(2 * BATCH + 1):
        pipeline.audio.put(f"audio/acme/{number}", b"...", "audio/wav")
    pipeline.clock.time += ORPHAN_AFTER + SECOND

    assert pipeline.recovery.run().orphans_removed == 2 * BATCH + 1
    assert pipeline.audio.objects == {}


def test_a_storage_outage_does_not_stop_the_rest_of_the_run(pipeline):
    pipeline.record(send=False)
    pipeline.faults.add("audio.older_than", StorageUnavailable("S3 does not answer"))
    pipeline.clock.time += GRACE

    assert pipeline.recovery.run() == Recovered(1, 0, 0, 0, 0, 0, 0)


def test_a_database_outage_is_raised(pipeline):
    pipeline.faults.add("memories.queue_due_analyses", DatabaseUnavailable("down"))

    with pytest.raises(DatabaseUnavailable):
        pipeline.recovery.run()
