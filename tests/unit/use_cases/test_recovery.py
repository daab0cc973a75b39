"""What was left behind is brought forward: unsent jobs, analyses that may work now, the abandoned, orphan audio."""

from datetime import timedelta

import pytest

from rawk.adapters.s3.in_memory import StoredAudio
from rawk.domain.errors import (
    AIBadAnalysis,
    AIMisconfigured,
    AIQuotaExhausted,
    DatabaseUnavailable,
    QueueUnavailable,
    StorageUnavailable,
)
from rawk.domain.memory import AnalysisState, FailureReason, Status
from rawk.domain.messages import decode
from rawk.use_cases.processing import Acknowledged
from rawk.use_cases.recovery import AUDIO_SWEPT_EVERY, BATCH, Recovered
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


def sent(line):
    return [decode(message.body).memory_id for message in line.jobs.messages()]


# the relay


def test_a_job_that_intake_could_not_send_is_sent_after_the_grace_time(line):
    memory_id = line.record(send=False)

    line.clock.time += GRACE - SECOND
    assert line.recovery.run().sent == 0
    line.clock.time += SECOND
    assert line.recovery.run().sent == 1

    assert sent(line) == [memory_id]
    assert line.outbox() == []
    assert line.work() == Acknowledged()


def test_what_intake_sent_is_not_sent_again(line):
    line.record()
    line.clock.time += GRACE

    assert line.recovery.run() == Recovered(0, 0, 0, 0, 0)


def test_while_sqs_is_down_nothing_is_lost_and_all_goes_out_later(line):
    memory_ids = [line.record(send=False) for _ in range(5)]
    line.clock.time += GRACE
    line.faults.add("queue.send", DOWN)

    assert line.recovery.run().sent == 0
    assert line.recovery.run().sent == 0  # not due again yet
    line.clock.time += GRACE
    assert line.recovery.run().sent == 5

    assert sorted(sent(line)) == sorted(memory_ids)


def test_a_relay_that_is_stopped_half_way_has_sent_what_it_says(line):
    memory_ids = [line.record(send=False) for _ in range(3)]
    line.clock.time += GRACE
    sent_before = line.queue.send

    def send_two(job):
        if len(line.jobs.messages()) == 2:
            raise DOWN
        sent_before(job)

    line.queue.send = send_two
    assert line.recovery.run().sent == 2
    line.queue.send = sent_before

    assert sorted(line.outbox()) == sorted(set(memory_ids) - set(sent(line)))


def test_a_send_whose_answer_was_lost_is_repeated_and_does_no_harm(line):
    memory_id = line.record(send=False)
    line.clock.time += GRACE
    line.faults.add("queue.send", DOWN, after_effect=True)

    line.recovery.run()
    line.clock.time += GRACE
    line.recovery.run()

    assert sent(line) == [memory_id, memory_id]
    assert line.drain() == [Acknowledged(), Acknowledged()]
    assert len(line.transcriber.calls) == 1


def test_a_relay_killed_before_it_could_note_the_sending_sends_again(line):
    memory_id = line.record(send=False)
    line.clock.time += GRACE
    line.faults.add("memories.mark_sent", Killed())

    with pytest.raises(Killed):
        line.recovery.run()
    line.clock.time += GRACE

    assert line.recovery.run().sent == 1
    assert sent(line) == [memory_id, memory_id]


def test_more_than_a_batch_goes_out_in_one_run(line):
    for _ in range(2 * BATCH + 1):
        line.record(send=False)
    line.clock.time += GRACE

    assert line.recovery.run().sent == 2 * BATCH + 1


# analyses


def test_an_analysis_is_tried_again_with_growing_gaps_until_the_limit(line):
    memory_id = line.record()
    line.analyst.failures = [AIQuotaExhausted("OpenAI answered 429 insufficient_quota")] * 10
    line.drain()

    for number, gap in enumerate(ANALYSIS_GAPS, start=1):
        line.clock.time += gap - SECOND
        assert line.recovery.run().analyses_queued == 0
        line.clock.time += SECOND
        done = line.recovery.run()
        assert (done.analyses_queued, done.sent) == (1, 1)
        assert line.memory(memory_id).analysis_attempts == number
        assert line.drain() == [Acknowledged()]
        assert line.memory(memory_id).analysis_state is AnalysisState.PENDING

    line.clock.time += timedelta(days=1)
    assert line.recovery.run().analyses_queued == 0

    memory = line.memory(memory_id)
    assert (memory.status, memory.analysis_state) == (Status.TRANSCRIPT_ONLY, AnalysisState.GAVE_UP)
    assert memory.failure_reason is FailureReason.OPENAI_QUOTA
    assert (memory.openai_calls, len(line.transcriber.calls)) == (1 + 4, 1)


def test_an_analysis_that_no_worker_takes_up_is_queued_again_after_growing_gaps_only(line):
    line.record()
    line.analyst.failures = [AIMisconfigured("OpenAI answered 404 model_not_found")]
    line.drain()
    line.clock.time += ANALYSIS_GAPS[0]
    assert line.recovery.run().analyses_queued == 1

    for gap in ANALYSIS_GAPS[:2]:
        line.clock.time += gap - SECOND
        assert line.recovery.run().analyses_queued == 0
        line.clock.time += SECOND
        assert line.recovery.run().analyses_queued == 1


def test_an_analysis_arrives_by_itself_once_openai_is_back(line):
    memory_id = line.record()
    line.analyst.failures = [AIMisconfigured("OpenAI answered 404 model_not_found")]
    line.drain()

    line.clock.time += ANALYSIS_GAPS[0]
    line.recovery.run()
    line.drain()

    memory = line.memory(memory_id)
    assert (memory.status, memory.failure_reason) == (Status.COMPLETE, None)
    assert len(line.transcriber.calls) == 1


def test_what_was_given_up_is_left_in_peace(line):
    line.record()
    line.analyst.failures = [AIBadAnalysis("refused", reason=FailureReason.ANALYSIS_REFUSED)]
    line.drain()

    line.clock.time += timedelta(days=1)

    assert line.recovery.run().analyses_queued == 0


def test_a_worker_killed_after_the_transcript_on_its_last_receive_leaves_an_analysis_that_the_sweep_asks_for(line):
    memory_id = line.record()
    line.faults.add("analyst.analyse", Killed(), times=MAX_RECEIVES)
    for _ in range(MAX_RECEIVES):
        with pytest.raises(Killed):
            line.work()
    line.drain()
    line.clock.time += ANALYSIS_GAPS[0] + timedelta(seconds=LEASE_SECONDS)

    assert line.recovery.run().analyses_queued == 1
    line.drain()

    assert line.memory(memory_id).status is Status.COMPLETE
    assert len(line.transcriber.calls) == 1


# the abandoned


def test_a_memory_whose_worker_died_on_its_last_receive_fails_as_abandoned(line):
    memory_id = line.record()
    line.faults.add("transcriber.transcribe", Killed(), times=MAX_RECEIVES)
    for _ in range(MAX_RECEIVES):
        with pytest.raises(Killed):
            line.work()
    patience = timedelta(seconds=MAX_RECEIVES * VISIBILITY_SECONDS + LEASE_SECONDS)

    line.clock.time += patience
    assert line.recovery.run().abandoned == 0
    line.clock.time += SECOND
    assert line.recovery.run().abandoned == 1

    memory = line.memory(memory_id)
    assert (memory.status, memory.failure_reason) == (Status.FAILED, FailureReason.ABANDONED)


def test_a_redrive_brings_the_abandoned_back(line):
    memory_id = line.record()
    line.faults.add("transcriber.transcribe", Killed(), times=MAX_RECEIVES)
    for _ in range(MAX_RECEIVES):
        with pytest.raises(Killed):
            line.work()
    line.drain()
    line.clock.time += timedelta(days=1)
    line.recovery.run()

    line.operations.redrive_all(None)
    line.drain()

    assert line.memory(memory_id).status is Status.COMPLETE


def test_a_memory_whose_message_sqs_no_longer_holds_fails_as_abandoned(line):
    memory_id = line.record()

    line.clock.time += timedelta(seconds=RETENTION_SECONDS)
    assert line.recovery.run().abandoned == 0
    line.clock.time += SECOND
    assert line.recovery.run().abandoned == 1

    assert line.memory(memory_id).failure_reason is FailureReason.ABANDONED


def test_nobody_waiting_for_his_next_receive_is_called_abandoned(line):
    line.record()
    line.faults.add("memories.save_transcript", DatabaseUnavailable("down"), times=2 * 5)
    line.work()
    line.work()
    line.clock.time += timedelta(seconds=2 * VISIBILITY_SECONDS - 1)

    assert line.recovery.run().abandoned == 0
    assert line.work() == Acknowledged()


# audio


def test_audio_whose_row_never_came_is_removed_by_age_and_no_other(line):
    memory_id = line.record()
    kept = line.memory(memory_id).audio_key
    line.audio.put("audio/acme/orphan", b"...", "audio/wav")

    line.clock.time += ORPHAN_AFTER
    assert line.recovery.sweep_audio() == 0
    line.clock.time += SECOND
    assert line.recovery.sweep_audio() == 1

    assert set(line.audio.objects) == {kept}


def test_audio_is_swept_by_the_hour_however_often_the_relay_runs(line):
    line.recovery.run()
    line.audio.put("audio/acme/orphan", b"...", "audio/wav")
    line.clock.time += ORPHAN_AFTER + SECOND
    assert line.recovery.run().orphans_removed == 1

    old_by_now = StoredAudio(b"...", "audio/wav", line.clock.now() - ORPHAN_AFTER)
    line.audio.objects["audio/acme/next"] = old_by_now
    line.clock.time += AUDIO_SWEPT_EVERY - SECOND
    assert line.recovery.run().orphans_removed == 0
    line.clock.time += SECOND
    assert line.recovery.run().orphans_removed == 1


def test_a_sweep_that_failed_is_made_up_for_with_the_next_run(line):
    line.audio.put("audio/acme/orphan", b"...", "audio/wav")
    line.clock.time += ORPHAN_AFTER + SECOND
    line.faults.add("audio.older_than", StorageUnavailable("S3 does not answer"))

    assert line.recovery.run().orphans_removed == 0
    assert line.recovery.run().orphans_removed == 1


def test_more_orphans_than_a_batch_are_removed_in_one_run(line):
    for number in range(2 * BATCH + 1):
        line.audio.put(f"audio/acme/{number}", b"...", "audio/wav")
    line.clock.time += ORPHAN_AFTER + SECOND

    assert line.recovery.run().orphans_removed == 2 * BATCH + 1
    assert line.audio.objects == {}


def test_storage_down_does_not_keep_the_rest_from_being_done(line):
    line.record(send=False)
    line.faults.add("audio.older_than", StorageUnavailable("S3 does not answer"))
    line.clock.time += GRACE

    assert line.recovery.run() == Recovered(1, 0, 0, 0, 0)


def test_the_database_down_is_said_aloud(line):
    line.faults.add("memories.queue_due_analyses", DatabaseUnavailable("down"))

    with pytest.raises(DatabaseUnavailable):
        line.recovery.run()
