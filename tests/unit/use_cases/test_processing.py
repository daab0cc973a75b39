"""Processing: the failure policy for transcriptions, row by row."""

import logging

import pytest

from rawk.adapters.openai.in_memory import transcript_of
from rawk.domain.errors import (
    AIMalformedTranscription,
    AIMisconfigured,
    AIQuotaExhausted,
    AIRateLimited,
    AIRejectedAudio,
    AITransient,
    AIUnexplained,
    DatabaseUnavailable,
    StorageUnavailable,
)
from rawk.domain.memory import RECORDING_FAULTS, AnalysisState, FailureReason, NewMemory, Status
from rawk.domain.messages import Job, encode
from rawk.use_cases.processing import DEADLINE_RESERVE, Acknowledged, Returned
from rawk.use_cases.retry_memory import RetryMemory
from tests.unit.use_cases.pipeline import (
    FUNCTION_SECONDS,
    GRACE,
    MAX_RECEIVES,
    OPENAI_TIMEOUT_SECONDS,
    VISIBILITY_SECONDS,
    Pipeline,
)

TRIES = 5
"""Tries of the product's retry policy in one invocation."""

TEMPORARY = {
    "server error": AITransient("OpenAI answered 500"),
    "rate limit": AIRateLimited("OpenAI answered 429"),
}


def statuses(pipeline: Pipeline, memory_id: str) -> list[Status]:
    return [change.status for change in pipeline.memories.history(memory_id)]


# without failures


def test_a_recording_becomes_a_memory(pipeline):
    memory_id = pipeline.record(b"RIFF....WAVE hello")

    assert pipeline.work() == Acknowledged()

    memory = pipeline.memory(memory_id)
    assert memory.status is Status.COMPLETE
    assert memory.transcript == transcript_of(b"RIFF....WAVE hello")
    assert memory.analysis is not None
    assert memory.analysis.summary == memory.transcript
    assert (memory.analysis_state, memory.failure_reason) == (AnalysisState.DONE, None)
    assert (memory.attempts, memory.openai_calls, memory.billed_seconds) == (1, 2, 5.0)
    assert statuses(pipeline, memory_id) == [
        Status.QUEUED,
        Status.PROCESSING,
        Status.TRANSCRIPT_ONLY,
        Status.COMPLETE,
    ]
    assert pipeline.jobs.messages() == []
    assert pipeline.clock.sleeps == []


def test_a_call_to_openai_has_the_memory_and_a_timeout(pipeline):
    memory_id = pipeline.record()

    pipeline.work()

    for call in (*pipeline.transcriber.calls, *pipeline.analyst.calls):
        assert (call.memory_id, call.correlation_id) == (memory_id, "corr-1")
        assert call.timeout_seconds == OPENAI_TIMEOUT_SECONDS


# temporary failures


@pytest.mark.parametrize("error", TEMPORARY.values(), ids=TEMPORARY.keys())
def test_a_temporary_failure_is_retried_with_growing_waits(pipeline, error):
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [error] * (TRIES - 1)

    assert pipeline.work() == Acknowledged()

    memory = pipeline.memory(memory_id)
    assert memory.status is Status.COMPLETE
    assert memory.openai_calls == TRIES + 1
    assert memory.billed_seconds == 5.0
    for wait, whole in zip(pipeline.clock.sleeps, [1, 2, 4, 8], strict=True):
        assert whole / 2 <= wait <= whole


def test_a_lasting_failure_returns_the_job_for_longer_each_time(pipeline):
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [TEMPORARY["server error"]] * TRIES * MAX_RECEIVES

    assert pipeline.work() == Returned(VISIBILITY_SECONDS)
    assert pipeline.memory(memory_id).status is Status.PROCESSING
    assert pipeline.memory(memory_id).lease_token is None
    assert pipeline.work() == Returned(2 * VISIBILITY_SECONDS)
    assert pipeline.work() == Returned(0)

    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.failure_reason) == (Status.FAILED, FailureReason.OPENAI_UNAVAILABLE)
    assert memory.failure_detail == "OpenAI answered 500"
    assert (memory.attempts, memory.openai_calls, memory.billed_seconds) == (3, TRIES * MAX_RECEIVES, 0)


def test_after_the_last_receive_the_message_is_a_dead_letter(pipeline):
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [TEMPORARY["server error"]] * TRIES * MAX_RECEIVES

    pipeline.drain()

    assert pipeline.dead_bodies() == [encode(Job(memory_id, "corr-1"))]
    assert len(pipeline.transcriber.calls) == TRIES * MAX_RECEIVES


def test_a_returned_job_releases_its_lease_for_the_next_receive(pipeline):
    pipeline.record()
    pipeline.transcriber.failures = [TEMPORARY["server error"]] * TRIES
    pipeline.work()

    assert pipeline.work() == Acknowledged()


# Retry-After


def test_a_retry_after_that_fits_is_obeyed(pipeline):
    pipeline.record()
    pipeline.transcriber.failures = [AIRateLimited("slow down", retry_after_seconds=90)]

    assert pipeline.work() == Acknowledged()
    assert pipeline.clock.sleeps == [90]


def test_a_short_retry_after_does_not_shorten_the_back_off(pipeline):
    pipeline.record()
    pipeline.transcriber.failures = [AIRateLimited("slow down", retry_after_seconds=0.01)]

    pipeline.work()

    assert pipeline.clock.sleeps[0] >= 0.5


def test_a_retry_after_that_does_not_fit_returns_the_job_at_once(pipeline):
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [AIRateLimited("slow down", retry_after_seconds=FUNCTION_SECONDS)]

    assert pipeline.work() == Returned(VISIBILITY_SECONDS)
    assert pipeline.clock.sleeps == []
    assert pipeline.memory(memory_id).openai_calls == 1


@pytest.mark.parametrize(("asked_for", "given"), [(5000.5, 5001), (5400, 5400), (43_200, 5400)])
def test_a_long_retry_after_is_limited_by_the_longest_gap(pipeline, asked_for, given):
    pipeline.record()
    pipeline.transcriber.failures = [AIRateLimited("slow down", retry_after_seconds=asked_for)]

    assert pipeline.work() == Returned(given)


# failures that an operator must fix


def test_an_exhausted_quota_is_not_retried_but_survives_until_the_last_receive(pipeline):
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [AIQuotaExhausted("OpenAI answered 429 insufficient_quota")] * MAX_RECEIVES

    assert pipeline.work() == Returned(VISIBILITY_SECONDS)
    assert pipeline.clock.sleeps == []
    assert pipeline.memory(memory_id).openai_calls == 1
    pipeline.drain()

    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.failure_reason) == (Status.FAILED, FailureReason.OPENAI_QUOTA)
    assert memory.openai_calls == MAX_RECEIVES
    assert len(pipeline.dead_bodies()) == 1


def test_a_wrong_key_fails_the_memory_at_once_and_its_message_becomes_a_dead_letter(pipeline):
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [AIMisconfigured("OpenAI answered 401")]
    failed_at = pipeline.clock.now()

    assert pipeline.drain() == [Returned(0)] * MAX_RECEIVES

    assert pipeline.clock.now() == failed_at
    assert pipeline.clock.sleeps == []
    assert len(pipeline.dead_bodies()) == 1
    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.failure_reason) == (Status.FAILED, FailureReason.CONFIGURATION)
    assert (memory.failure_detail, memory.attempts, memory.openai_calls) == ("OpenAI answered 401", 1, 1)


@pytest.mark.parametrize("reason", sorted(RECORDING_FAULTS))
def test_a_recording_at_fault_fails_the_memory_at_once_and_its_message_is_acknowledged(pipeline, reason):
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [AIRejectedAudio("OpenAI answered 400", reason=reason)]

    assert pipeline.work() == Acknowledged()

    assert (pipeline.jobs.messages(), pipeline.dead_bodies(), pipeline.outbox()) == ([], [], [])
    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.failure_reason) == (Status.FAILED, reason)
    assert (memory.failure_detail, memory.attempts, memory.openai_calls) == ("OpenAI answered 400", 1, 1)
    assert memory.lease_token is None
    assert pipeline.clock.sleeps == []


def test_reasons_that_an_operator_can_mend_are_no_recording_faults():
    operators = {"openai_unavailable", "openai_quota", "configuration", "storage_unavailable", "audio_missing"}
    assert RECORDING_FAULTS.isdisjoint(operators | {"abandoned"})
    assert all(reason.value.startswith("audio_") for reason in RECORDING_FAULTS)


@pytest.mark.parametrize("reason", sorted(RECORDING_FAULTS))
def test_a_duplicate_message_about_a_recording_at_fault_is_acknowledged_without_another_call(pipeline, reason):
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [AIRejectedAudio("OpenAI answered 400", reason=reason)]
    pipeline.jobs.send(encode(Job(memory_id, "corr-1")))

    assert pipeline.drain() == [Acknowledged()] * 2

    assert pipeline.memory(memory_id).openai_calls == 1
    assert pipeline.dead_bodies() == []


@pytest.mark.parametrize("reason", sorted(RECORDING_FAULTS))
def test_a_message_whose_deletion_failed_after_a_recording_fault_is_acknowledged(pipeline, reason):
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [AIRejectedAudio("OpenAI answered 400", reason=reason)]
    pipeline.processing.handle(
        pipeline.receive(), pipeline.deadline()
    )  # the worker ends before SQS deletes the message

    assert pipeline.work() == Acknowledged()

    assert (pipeline.memory(memory_id).attempts, pipeline.dead_bodies()) == (1, [])


def test_a_recording_fault_whose_commit_was_not_answered_is_acknowledged(pipeline):
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [AIRejectedAudio("OpenAI answered 400")]
    pipeline.faults.add("memories.fail", DatabaseUnavailable("the answer is lost"), after_effect=True)

    assert pipeline.work() == Acknowledged()

    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.failure_reason) == (Status.FAILED, FailureReason.AUDIO_UNREADABLE)
    assert (memory.openai_calls, pipeline.dead_bodies()) == (1, [])


def test_the_owner_retries_a_recording_at_fault_and_it_completes_when_openai_accepts_it(pipeline):
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [AIRejectedAudio("OpenAI answered 400"), AIRejectedAudio("OpenAI answered 400")]
    pipeline.drain()
    retries = RetryMemory(pipeline.memories, pipeline.queue, pipeline.clock, GRACE)

    retries.process("acme", memory_id)
    assert pipeline.drain() == [Acknowledged()]
    assert pipeline.memory(memory_id).failure_reason is FailureReason.AUDIO_UNREADABLE

    retries.process("acme", memory_id)
    assert pipeline.drain() == [Acknowledged()]
    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.failure_reason, memory.openai_calls) == (Status.COMPLETE, None, 4)
    assert pipeline.dead_bodies() == []


def test_each_receive_pays_for_one_malformed_transcription_at_most(pipeline):
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [AIMalformedTranscription("no text")] * 100

    assert pipeline.work() == Returned(VISIBILITY_SECONDS)
    pipeline.drain()

    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.failure_reason) == (Status.FAILED, FailureReason.TRANSCRIPTION_MALFORMED)
    assert memory.openai_calls == MAX_RECEIVES


def test_a_refusal_without_a_reason_is_retried_like_an_outage(pipeline):
    """Neither bad audio nor an exhausted quota: every receive uses all its tries, and a redrive completes it."""
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [AIUnexplained("OpenAI answered 400")] * TRIES * MAX_RECEIVES
    pipeline.drain()

    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.failure_reason) == (Status.FAILED, FailureReason.OPENAI_REFUSED)
    assert memory.openai_calls == TRIES * MAX_RECEIVES

    pipeline.operations.redrive_all(None)
    pipeline.drain()
    assert pipeline.memory(memory_id).status is Status.COMPLETE


@pytest.mark.parametrize(("advice", "calls"), [(True, TRIES), (False, 1)])
@pytest.mark.parametrize("kind", [AITransient, AIRejectedAudio, AIMisconfigured, AIUnexplained])
def test_openais_advice_on_retries_is_obeyed(pipeline, kind, advice, calls):
    pipeline.record()
    pipeline.transcriber.failures = [kind("no", should_retry=advice)] * TRIES

    pipeline.work()

    assert len(pipeline.transcriber.calls) == calls


def test_missing_audio_fails_at_once_without_a_call_to_openai(pipeline):
    memory_id = pipeline.record()
    pipeline.audio.delete(pipeline.memory(memory_id).audio_key)

    assert pipeline.work() == Returned(0)

    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.failure_reason) == (Status.FAILED, FailureReason.AUDIO_MISSING)
    assert memory.openai_calls == 0


def test_other_bytes_than_were_accepted_are_never_transcribed(pipeline, caplog):
    memory_id = pipeline.record(b"RIFF....WAVE hello")
    key = pipeline.memory(memory_id).audio_key
    pipeline.audio.put(key, b"RIFF....WAVE other", "audio/wav")

    with caplog.at_level(logging.ERROR, "rawk"):
        assert pipeline.work() == Returned(VISIBILITY_SECONDS)
        assert pipeline.memory(memory_id).status is Status.PROCESSING
        pipeline.drain()

    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.failure_reason) == (Status.FAILED, FailureReason.AUDIO_ALTERED)
    assert (memory.openai_calls, memory.attempts) == (0, MAX_RECEIVES)
    assert len(pipeline.dead_bodies()) == 1
    assert caplog.text.count("audio_altered") == MAX_RECEIVES


def test_accepted_bytes_that_come_back_are_transcribed_at_the_next_receive(pipeline):
    accepted = b"RIFF....WAVE hello"
    memory_id = pipeline.record(accepted)
    key = pipeline.memory(memory_id).audio_key
    pipeline.audio.put(key, b"", "audio/wav")
    assert pipeline.work() == Returned(VISIBILITY_SECONDS)

    pipeline.audio.put(key, accepted, "audio/wav")

    assert pipeline.work() == Acknowledged()
    assert pipeline.memory(memory_id).transcript == transcript_of(accepted)


def test_audio_that_a_release_without_digests_has_accepted_is_transcribed(pipeline):
    memory_id = pipeline.randomness.new_id()
    pipeline.audio.put("audio/acme/old", b"RIFF....WAVE hello", "audio/wav")
    new = NewMemory(memory_id, "acme", "audio/acme/old", "audio/wav", 18, "digest", "corr-1")
    pipeline.memories.accept(new, pipeline.clock.now(), pipeline.clock.now())
    pipeline.jobs.send(encode(Job(memory_id, "corr-1")))

    assert pipeline.work() == Acknowledged()

    assert pipeline.memory(memory_id).status is Status.COMPLETE


def test_a_storage_outage_returns_the_job_until_the_last_receive(pipeline):
    memory_id = pipeline.record()
    pipeline.faults.add("audio.fetch", StorageUnavailable("S3 does not answer"), times=MAX_RECEIVES)

    assert pipeline.work() == Returned(VISIBILITY_SECONDS)
    pipeline.drain()

    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.failure_reason) == (Status.FAILED, FailureReason.STORAGE_UNAVAILABLE)
    assert memory.openai_calls == 0


# redrive


@pytest.mark.parametrize("errors", [[AIMisconfigured("401")], [TEMPORARY["server error"]] * TRIES * MAX_RECEIVES])
def test_a_redriven_message_is_processed_like_a_new_one(pipeline, errors):
    memory_id = pipeline.record()
    pipeline.transcriber.failures = list(errors)
    pipeline.drain()
    assert pipeline.memory(memory_id).status is Status.FAILED

    pipeline.operations.redrive_all(None)
    assert pipeline.drain() == [Acknowledged()]

    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.failure_reason, memory.failure_detail) == (Status.COMPLETE, None, None)
    assert memory.openai_calls == len(errors) + 2
    assert memory.billed_seconds == 5.0
    assert pipeline.dead_bodies() == []


def test_redriven_too_early_it_fails_again_and_can_be_redriven_again(pipeline):
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [AIMisconfigured("401"), AIMisconfigured("401")]
    for _ in range(2):
        pipeline.drain()
        assert len(pipeline.dead_bodies()) == 1
        pipeline.operations.redrive_all(None)

    pipeline.drain()

    assert pipeline.memory(memory_id).status is Status.COMPLETE


# time


def test_no_call_may_last_into_the_reserve_before_the_deadline(pipeline):
    pipeline.record()
    pipeline.transcriber.failures = [TEMPORARY["server error"]] * TRIES

    pipeline.work(seconds=10)

    deadline_after = 10.0
    for call in pipeline.transcriber.calls:
        assert call.timeout_seconds <= deadline_after - DEADLINE_RESERVE.total_seconds()
    assert sum(pipeline.clock.sleeps) <= 10 - DEADLINE_RESERVE.total_seconds()


def test_near_the_deadline_nothing_starts_and_the_lease_is_released(pipeline):
    memory_id = pipeline.record()

    assert pipeline.work(seconds=2) == Returned(VISIBILITY_SECONDS)

    memory = pipeline.memory(memory_id)
    assert pipeline.transcriber.calls == []
    assert (memory.status, memory.lease_token, memory.openai_calls) == (Status.PROCESSING, None, 0)
    assert pipeline.work() == Acknowledged()


def test_a_transcription_that_takes_all_the_time_leaves_the_analysis_for_later(pipeline):
    memory_id = pipeline.record()
    pipeline.transcriber.meanwhile = [lambda: pipeline.clock.sleep(FUNCTION_SECONDS - 2)]

    assert pipeline.work() == Acknowledged()

    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.analysis_state) == (Status.TRANSCRIPT_ONLY, AnalysisState.PENDING)
    assert memory.failure_reason is FailureReason.OPENAI_UNAVAILABLE
    assert (memory.openai_calls, memory.billed_seconds, memory.lease_token) == (1, 5.0, None)
    assert pipeline.analyst.calls == []


def test_a_transcript_is_saved_even_when_the_answer_came_within_the_reserve(pipeline):
    memory_id = pipeline.record()
    pipeline.transcriber.meanwhile = [lambda: pipeline.clock.sleep(FUNCTION_SECONDS - 1)]

    pipeline.work()

    assert pipeline.memory(memory_id).transcript is not None
