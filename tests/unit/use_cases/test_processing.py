"""Working jobs off: the failure policy for transcriptions, row by row."""

import pytest

from rawk.adapters.openai.in_memory import transcript_of
from rawk.domain.errors import (
    AIMisconfigured,
    AIQuotaExhausted,
    AIRateLimited,
    AIRejectedAudio,
    AITransient,
    StorageUnavailable,
)
from rawk.domain.memory import AnalysisState, FailureReason, Status
from rawk.domain.messages import Job, encode
from rawk.use_cases.processing import DEADLINE_RESERVE, Acknowledged, Returned
from tests.unit.use_cases.pipeline import (
    FUNCTION_SECONDS,
    MAX_RECEIVES,
    OPENAI_TIMEOUT_SECONDS,
    VISIBILITY_SECONDS,
    Line,
)

TRIES = 5
"""Of the product's own retry policy, in one invocation."""

PASSING = {
    "server error": AITransient("OpenAI answered 500"),
    "rate limit": AIRateLimited("OpenAI answered 429"),
}


def statuses(line: Line, memory_id: str) -> list[Status]:
    return [change.status for change in line.memories.history(memory_id)]


# all is well


def test_a_recording_becomes_a_memory(line):
    memory_id = line.record(b"RIFF....WAVE hello")

    assert line.work() == Acknowledged()

    memory = line.memory(memory_id)
    assert memory.status is Status.COMPLETE
    assert memory.transcript == transcript_of(b"RIFF....WAVE hello")
    assert memory.analysis is not None
    assert memory.analysis.summary == memory.transcript
    assert (memory.analysis_state, memory.failure_reason) == (AnalysisState.DONE, None)
    assert (memory.attempts, memory.openai_calls, memory.billed_seconds) == (1, 2, 5.0)
    assert statuses(line, memory_id) == [
        Status.QUEUED,
        Status.PROCESSING,
        Status.TRANSCRIPT_ONLY,
        Status.COMPLETE,
    ]
    assert line.jobs.messages() == []
    assert line.clock.sleeps == []


def test_openai_is_told_whom_a_call_is_for_and_how_long_it_may_take(line):
    memory_id = line.record()

    line.work()

    for call in (*line.transcriber.calls, *line.analyst.calls):
        assert (call.memory_id, call.correlation_id) == (memory_id, "corr-1")
        assert call.timeout_seconds == OPENAI_TIMEOUT_SECONDS


# passing trouble


@pytest.mark.parametrize("error", PASSING.values(), ids=PASSING.keys())
def test_passing_trouble_is_retried_with_growing_waits(line, error):
    memory_id = line.record()
    line.transcriber.failures = [error] * (TRIES - 1)

    assert line.work() == Acknowledged()

    memory = line.memory(memory_id)
    assert memory.status is Status.COMPLETE
    assert memory.openai_calls == TRIES + 1
    assert memory.billed_seconds == 5.0
    for wait, whole in zip(line.clock.sleeps, [1, 2, 4, 8], strict=True):
        assert whole / 2 <= wait <= whole


def test_trouble_that_does_not_pass_sends_the_job_back_each_time_for_longer(line):
    memory_id = line.record()
    line.transcriber.failures = [PASSING["server error"]] * TRIES * MAX_RECEIVES

    assert line.work() == Returned(VISIBILITY_SECONDS)
    assert line.memory(memory_id).status is Status.PROCESSING
    assert line.memory(memory_id).lease_token is None
    assert line.work() == Returned(2 * VISIBILITY_SECONDS)
    assert line.work() == Returned(0)

    memory = line.memory(memory_id)
    assert (memory.status, memory.failure_reason) == (Status.FAILED, FailureReason.OPENAI_UNAVAILABLE)
    assert memory.failure_detail == "OpenAI answered 500"
    assert (memory.attempts, memory.openai_calls, memory.billed_seconds) == (3, TRIES * MAX_RECEIVES, 0)


def test_after_the_last_receive_the_message_is_a_dead_letter(line):
    memory_id = line.record()
    line.transcriber.failures = [PASSING["server error"]] * TRIES * MAX_RECEIVES

    line.drain()

    assert line.dead_bodies() == [encode(Job(memory_id, "corr-1"))]
    assert len(line.transcriber.calls) == TRIES * MAX_RECEIVES


def test_a_job_whose_turn_is_over_is_not_leased_so_that_the_next_receive_can_work(line):
    line.record()
    line.transcriber.failures = [PASSING["server error"]] * TRIES
    line.work()

    assert line.work() == Acknowledged()


# Retry-After


def test_a_retry_after_that_fits_is_obeyed(line):
    line.record()
    line.transcriber.failures = [AIRateLimited("slow down", retry_after_seconds=90)]

    assert line.work() == Acknowledged()
    assert line.clock.sleeps == [90]


def test_a_short_retry_after_does_not_shorten_the_back_off(line):
    line.record()
    line.transcriber.failures = [AIRateLimited("slow down", retry_after_seconds=0.01)]

    line.work()

    assert line.clock.sleeps[0] >= 0.5


def test_a_retry_after_that_does_not_fit_sends_the_job_back_at_once(line):
    memory_id = line.record()
    line.transcriber.failures = [AIRateLimited("slow down", retry_after_seconds=FUNCTION_SECONDS)]

    assert line.work() == Returned(VISIBILITY_SECONDS)
    assert line.clock.sleeps == []
    assert line.memory(memory_id).openai_calls == 1


@pytest.mark.parametrize(("asked_for", "given"), [(5000.5, 5001), (43_200, 43_200), (90_000, 43_200)])
def test_a_long_retry_after_is_never_undercut_but_by_what_sqs_can_do(line, asked_for, given):
    line.record()
    line.transcriber.failures = [AIRateLimited("slow down", retry_after_seconds=asked_for)]

    assert line.work() == Returned(given)


# trouble that people must mend


def test_an_exhausted_quota_is_not_retried_but_survives_until_the_last_receive(line):
    memory_id = line.record()
    line.transcriber.failures = [AIQuotaExhausted("OpenAI answered 429 insufficient_quota")] * MAX_RECEIVES

    assert line.work() == Returned(VISIBILITY_SECONDS)
    assert line.clock.sleeps == []
    assert line.memory(memory_id).openai_calls == 1
    line.drain()

    memory = line.memory(memory_id)
    assert (memory.status, memory.failure_reason) == (Status.FAILED, FailureReason.OPENAI_QUOTA)
    assert memory.openai_calls == MAX_RECEIVES
    assert len(line.dead_bodies()) == 1


PERMANENT = [
    pytest.param(AIMisconfigured("OpenAI answered 401"), FailureReason.CONFIGURATION, id="wrong key"),
    pytest.param(AIRejectedAudio("OpenAI answered 400"), FailureReason.AUDIO_UNREADABLE, id="corrupt audio"),
    pytest.param(
        AIRejectedAudio("OpenAI answered 413", reason=FailureReason.AUDIO_TOO_LARGE),
        FailureReason.AUDIO_TOO_LARGE,
        id="too large",
    ),
]


@pytest.mark.parametrize(("error", "reason"), PERMANENT)
def test_what_no_retry_helps_fails_at_once_with_its_reason(line, error, reason):
    memory_id = line.record()
    line.transcriber.failures = [error]

    assert line.work() == Returned(0)

    memory = line.memory(memory_id)
    assert (memory.status, memory.failure_reason, memory.failure_detail) == (Status.FAILED, reason, str(error))
    assert (memory.attempts, memory.openai_calls) == (1, 1)
    assert line.clock.sleeps == []


@pytest.mark.parametrize(("error", "reason"), PERMANENT)
def test_a_failed_memorys_message_goes_its_way_without_another_call(line, error, reason):
    memory_id = line.record()
    line.transcriber.failures = [error]
    failed_at = line.clock.now()

    assert line.drain() == [Returned(0)] * MAX_RECEIVES

    assert line.clock.now() == failed_at
    assert len(line.dead_bodies()) == 1
    memory = line.memory(memory_id)
    assert (memory.failure_reason, memory.attempts, memory.openai_calls) == (reason, 1, 1)


def test_missing_audio_fails_at_once_and_asks_openai_nothing(line):
    memory_id = line.record()
    line.audio.delete(line.memory(memory_id).audio_key)

    assert line.work() == Returned(0)

    memory = line.memory(memory_id)
    assert (memory.status, memory.failure_reason) == (Status.FAILED, FailureReason.AUDIO_MISSING)
    assert memory.openai_calls == 0


def test_storage_down_sends_the_job_back_until_the_last_receive(line):
    memory_id = line.record()
    line.faults.add("audio.fetch", StorageUnavailable("S3 does not answer"), times=MAX_RECEIVES)

    assert line.work() == Returned(VISIBILITY_SECONDS)
    line.drain()

    memory = line.memory(memory_id)
    assert (memory.status, memory.failure_reason) == (Status.FAILED, FailureReason.STORAGE_UNAVAILABLE)
    assert memory.openai_calls == 0


# redrive


@pytest.mark.parametrize("errors", [[AIMisconfigured("401")], [PASSING["server error"]] * TRIES * MAX_RECEIVES])
def test_a_redriven_message_is_worked_off_as_if_nothing_had_been(line, errors):
    memory_id = line.record()
    line.transcriber.failures = list(errors)
    line.drain()
    assert line.memory(memory_id).status is Status.FAILED

    line.operations.redrive_all(None)
    assert line.drain() == [Acknowledged()]

    memory = line.memory(memory_id)
    assert (memory.status, memory.failure_reason, memory.failure_detail) == (Status.COMPLETE, None, None)
    assert memory.openai_calls == len(errors) + 2
    assert memory.billed_seconds == 5.0
    assert line.dead_bodies() == []


def test_redriven_too_early_it_fails_again_and_can_be_redriven_again(line):
    memory_id = line.record()
    line.transcriber.failures = [AIMisconfigured("401"), AIMisconfigured("401")]
    for _ in range(2):
        line.drain()
        assert len(line.dead_bodies()) == 1
        line.operations.redrive_all(None)

    line.drain()

    assert line.memory(memory_id).status is Status.COMPLETE


# time


def test_no_call_may_last_into_the_reserve_before_the_deadline(line):
    line.record()
    line.transcriber.failures = [PASSING["server error"]] * TRIES

    line.work(seconds=10)

    deadline_after = 10.0
    for call in line.transcriber.calls:
        assert call.timeout_seconds <= deadline_after - DEADLINE_RESERVE.total_seconds()
    assert sum(line.clock.sleeps) <= 10 - DEADLINE_RESERVE.total_seconds()


def test_near_the_deadline_nothing_is_begun_and_the_lease_is_given_back(line):
    memory_id = line.record()

    assert line.work(seconds=2) == Returned(VISIBILITY_SECONDS)

    memory = line.memory(memory_id)
    assert line.transcriber.calls == []
    assert (memory.status, memory.lease_token, memory.openai_calls) == (Status.PROCESSING, None, 0)
    assert line.work() == Acknowledged()


def test_a_transcription_that_takes_all_the_time_leaves_the_analysis_for_later(line):
    memory_id = line.record()
    line.transcriber.meanwhile = [lambda: line.clock.sleep(FUNCTION_SECONDS - 2)]

    assert line.work() == Acknowledged()

    memory = line.memory(memory_id)
    assert (memory.status, memory.analysis_state) == (Status.TRANSCRIPT_ONLY, AnalysisState.PENDING)
    assert memory.failure_reason is FailureReason.OPENAI_UNAVAILABLE
    assert (memory.openai_calls, memory.billed_seconds, memory.lease_token) == (1, 5.0, None)
    assert line.analyst.calls == []


def test_a_transcript_is_saved_even_when_the_answer_came_with_the_reserve(line):
    memory_id = line.record()
    line.transcriber.meanwhile = [lambda: line.clock.sleep(FUNCTION_SECONDS - 1)]

    line.work()

    assert line.memory(memory_id).transcript is not None
