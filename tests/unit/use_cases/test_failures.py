"""What a failure leaves behind: how long OpenAI asked us to wait, the time and the receive count of a failure."""

from datetime import timedelta

import pytest

from rawk.adapters.postgres.claims import wrong_step
from rawk.config import MAX_VISIBILITY_TIMEOUT_SECONDS
from rawk.domain.errors import (
    AIBadAnalysis,
    AIMisconfigured,
    AIRateLimited,
    AITransient,
    AudioAltered,
    AudioMissing,
    DatabaseUnavailable,
    StorageUnavailable,
)
from rawk.domain.memory import AnalysisState, FailureReason, NewMemory, Status
from rawk.ports import ClaimRequest
from rawk.use_cases.audio_formats import file_name_for
from rawk.use_cases.processing import Returned
from rawk.use_cases.processing.failures import detail_for_owner, requested_wait_seconds
from rawk.use_cases.recovery import BATCH
from tests.unit.use_cases.pipeline import ANALYSIS_GAPS, FUNCTION_SECONDS, LEASE_SECONDS, ORPHAN_AFTER, Killed

TRANSCRIPTION_TAKES = timedelta(seconds=7)


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (AITransient("500"), 0),
        (AIRateLimited("429", retry_after_seconds=None), 0),
        (AIRateLimited("429", retry_after_seconds=0.0), 0),
        (AIRateLimited("429", retry_after_seconds=20.0), 20),
        (AIRateLimited("429", retry_after_seconds=20.1), 21),
        (AIRateLimited("429", retry_after_seconds=43_200), 43_200),
        (AIRateLimited("429", retry_after_seconds=43_200.5), MAX_VISIBILITY_TIMEOUT_SECONDS),
        (AIRateLimited("429", retry_after_seconds=10_000_000), MAX_VISIBILITY_TIMEOUT_SECONDS),
    ],
)
def test_the_wait_that_openai_asks_for_is_whole_seconds_up_to_the_longest_visibility_timeout(error, seconds) -> None:
    assert requested_wait_seconds(error) == seconds


def test_a_failed_memory_has_the_time_of_its_failure(pipeline) -> None:
    memory_id = pipeline.record()
    accepted_at = pipeline.clock.now()
    pipeline.transcriber.meanwhile = [lambda: pipeline.clock.sleep(TRANSCRIPTION_TAKES.total_seconds())]
    pipeline.transcriber.failures = [AIMisconfigured("401")]

    pipeline.work()

    assert pipeline.memory(memory_id).updated_at == accepted_at + TRANSCRIPTION_TAKES
    assert pipeline.memories.history(memory_id)[-1].at == accepted_at + TRANSCRIPTION_TAKES


def test_a_postponed_analysis_has_the_time_of_its_failure(pipeline) -> None:
    memory_id = pipeline.record()
    accepted_at = pipeline.clock.now()
    pipeline.analyst.meanwhile = [lambda: pipeline.clock.sleep(TRANSCRIPTION_TAKES.total_seconds())]
    pipeline.analyst.failures = [AIBadAnalysis("refused", reason=FailureReason.ANALYSIS_REFUSED)]

    pipeline.work()

    assert pipeline.memory(memory_id).updated_at == accepted_at + TRANSCRIPTION_TAKES


def test_the_log_of_a_failure_has_its_receive_count(pipeline, log_lines) -> None:
    pipeline.record()
    pipeline.transcriber.failures = [AIMisconfigured("401")]

    pipeline.work()

    assert [line["receive_count"] for line in log_lines() if line["event"] == "memory_failed"] == [1]


def test_a_step_that_is_not_allowed_is_named(pipeline) -> None:
    del pipeline
    error = wrong_step(Status.COMPLETE, Status.FAILED)

    assert str(error) == "a memory that is complete cannot become failed by this call"


def test_a_transcript_whose_analysis_nobody_finishes_is_due_after_the_gap_and_the_lease(pipeline) -> None:
    memory_id = pipeline.record()
    accepted_at = pipeline.clock.now()
    pipeline.transcriber.meanwhile = [lambda: pipeline.clock.sleep(TRANSCRIPTION_TAKES.total_seconds())]

    def die() -> None:
        raise Killed

    pipeline.analyst.meanwhile = [die]
    with pytest.raises(Killed):
        pipeline.work()

    memory = pipeline.memory(memory_id)
    transcribed_at = accepted_at + TRANSCRIPTION_TAKES
    assert memory.transcribed_at == memory.updated_at == transcribed_at
    assert memory.analysis_due_at == transcribed_at + ANALYSIS_GAPS[0] + timedelta(seconds=LEASE_SECONDS)


def test_an_analysis_without_time_for_a_call_says_so(pipeline) -> None:
    memory_id = pipeline.record()
    pipeline.transcriber.meanwhile = [lambda: pipeline.clock.sleep(FUNCTION_SECONDS - 2)]

    pipeline.work()

    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.analysis_state) == (Status.TRANSCRIPT_ONLY, AnalysisState.PENDING)
    assert memory.failure_reason is FailureReason.OPENAI_UNAVAILABLE
    assert memory.failure_detail == "the invocation's time is used up"


def test_the_relay_claims_a_batch_at_a_time(pipeline, monkeypatch) -> None:
    limits = []
    right = pipeline.memories.claim_outbox

    def claim(now, next_due_at, limit):
        limits.append(limit)
        return right(now, next_due_at, limit)

    monkeypatch.setattr(pipeline.memories, "claim_outbox", claim)
    pipeline.recovery.relay()

    assert limits == [BATCH]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (StorageUnavailable("S3 is down"), FailureReason.STORAGE_UNAVAILABLE),
        (AudioMissing("no audio under audio/acme/1"), FailureReason.AUDIO_MISSING),
        (AudioAltered("another digest"), FailureReason.AUDIO_ALTERED),
    ],
)
def test_the_detail_of_a_failure_is_for_its_owner(pipeline, error, reason) -> None:
    memory_id = pipeline.record()
    pipeline.faults.add("audio.fetch", error, times=3)

    pipeline.drain()

    memory = pipeline.memory(memory_id)
    assert (memory.failure_reason, memory.failure_detail) == (reason, detail_for_owner(reason, error))
    assert "S3" not in (memory.failure_detail or "")
    assert "audio/" not in (memory.failure_detail or "")


def test_a_transcription_without_time_for_a_call_says_so(pipeline, monkeypatch) -> None:
    memory_id = pipeline.record()
    fetch = pipeline.audio.fetch

    def slow_fetch(*arguments):
        pipeline.clock.sleep(FUNCTION_SECONDS - 2)
        return fetch(*arguments)

    monkeypatch.setattr(pipeline.audio, "fetch", slow_fetch)
    pipeline.drain()

    memory = pipeline.memory(memory_id)
    assert memory.failure_reason is FailureReason.OPENAI_UNAVAILABLE
    assert memory.failure_detail == "the invocation's time is used up"


def test_openai_gets_the_name_of_the_audio_format(pipeline, monkeypatch) -> None:
    names = []
    transcribe = pipeline.transcriber.transcribe

    def note(audio, file_name, call):
        names.append(file_name)
        return transcribe(audio, file_name, call)

    monkeypatch.setattr(pipeline.transcriber, "transcribe", note)
    pipeline.record()
    pipeline.drain()

    assert names == [file_name_for("audio/wav")]


def test_a_job_that_returns_without_a_database_says_why(pipeline, log_lines) -> None:
    pipeline.record()
    pipeline.faults.add("memories.save_transcript", DatabaseUnavailable("no database"), times=100)

    pipeline.work()

    assert [line["error"] for line in log_lines() if line["event"] == "job_returned"] == ["no database"]


def test_an_unsubmitted_upload_is_forgotten_after_its_time_and_not_before(pipeline) -> None:
    memory_id = pipeline.randomness.new_id()
    new = NewMemory(memory_id, "acme", f"audio/acme/{memory_id}", "audio/wav", 0, "digest", "corr-1")
    pipeline.memories.begin_upload(new, pipeline.clock.now())

    pipeline.clock.time += ORPHAN_AFTER
    assert pipeline.recovery.delete_unsubmitted_uploads() == 0

    pipeline.clock.time += timedelta(microseconds=1)
    assert pipeline.recovery.delete_unsubmitted_uploads() == 1


def test_a_job_of_another_worker_returns_when_its_lease_ends(pipeline) -> None:
    memory_id = pipeline.record()
    delivery = pipeline.receive()
    ends_at = pipeline.clock.now() + timedelta(seconds=0.3)
    pipeline.memories.claim(ClaimRequest(memory_id, "another message", "another token", ends_at), pipeline.clock.now())

    assert pipeline.processing.handle(delivery, pipeline.deadline()) == Returned(1)
