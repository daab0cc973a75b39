"""A failed analysis never affects the transcript, and its message is always acknowledged."""

from datetime import timedelta

import pytest

from rawk.domain.errors import (
    AIBadAnalysis,
    AIMisconfigured,
    AIQuotaExhausted,
    AIRateLimited,
    AITransient,
    AIUnexplained,
)
from rawk.domain.memory import AnalysisState, FailureReason, Status
from rawk.use_cases.processing import Acknowledged
from tests.unit.use_cases.pipeline import ANALYSIS_GAPS, FUNCTION_SECONDS

TRIES = 5


def bad(reason: FailureReason) -> AIBadAnalysis:
    return AIBadAnalysis("of no use", reason=reason)


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        pytest.param(AITransient("OpenAI answered 500"), TRIES, id="server error"),
        pytest.param(AIRateLimited("OpenAI answered 429"), TRIES, id="rate limit"),
        pytest.param(bad(FailureReason.ANALYSIS_MALFORMED), 2, id="malformed"),
        pytest.param(AIQuotaExhausted("OpenAI answered 429 insufficient_quota"), 1, id="quota"),
        pytest.param(AIMisconfigured("OpenAI answered 404 model_not_found"), 1, id="configuration"),
    ],
)
def test_an_analysis_that_may_work_later_stays_pending(pipeline, error, tries):
    memory_id = pipeline.record()
    pipeline.analyst.failures = [error] * TRIES

    assert pipeline.work() == Acknowledged()

    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.analysis_state) == (Status.TRANSCRIPT_ONLY, AnalysisState.PENDING)
    assert (memory.failure_reason, memory.failure_detail) == (error.reason, str(error))
    assert memory.analysis_due_at == pipeline.clock.now() + ANALYSIS_GAPS[0]
    assert (memory.openai_calls, memory.billed_seconds, memory.lease_token) == (1 + tries, 5.0, None)
    assert pipeline.jobs.messages() == pipeline.dead.messages() == []


@pytest.mark.parametrize(
    "reason",
    [FailureReason.ANALYSIS_REFUSED, FailureReason.ANALYSIS_FILTERED, FailureReason.ANALYSIS_TRUNCATED],
)
def test_a_failure_that_the_same_transcript_repeats_is_given_up(pipeline, reason):
    memory_id = pipeline.record()
    pipeline.analyst.failures = [bad(reason)]

    assert pipeline.work() == Acknowledged()

    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.analysis_state) == (Status.TRANSCRIPT_ONLY, AnalysisState.GAVE_UP)
    assert (memory.failure_reason, memory.analysis_due_at) == (reason, None)
    assert (memory.openai_calls, memory.lease_token) == (2, None)
    assert pipeline.clock.sleeps == []


def test_a_malformed_answer_is_retried_at_once(pipeline):
    memory_id = pipeline.record()
    pipeline.analyst.failures = [bad(FailureReason.ANALYSIS_MALFORMED)]

    pipeline.work()

    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.failure_reason, memory.openai_calls) == (Status.COMPLETE, None, 3)


def test_a_malformed_analysis_is_charged_six_times_at_most(pipeline):
    memory_id = pipeline.record()
    pipeline.analyst.failures = [bad(FailureReason.ANALYSIS_MALFORMED)] * 100
    states = []

    for gap in [timedelta(0), *ANALYSIS_GAPS]:
        pipeline.clock.sleep(gap.total_seconds())
        pipeline.recovery.run()
        pipeline.drain()
        states.append(pipeline.memory(memory_id).analysis_state)

    assert states == [AnalysisState.PENDING] * 2 + [AnalysisState.GAVE_UP] * 2
    assert len(pipeline.analyst.calls) == 6
    assert pipeline.memory(memory_id).failure_reason is FailureReason.ANALYSIS_MALFORMED


def test_an_analysis_that_is_malformed_after_an_outage_is_not_given_up(pipeline):
    memory_id = pipeline.record()
    pipeline.analyst.failures = [AITransient("OpenAI answered 500")] * TRIES * 2
    pipeline.analyst.failures += [bad(FailureReason.ANALYSIS_MALFORMED)] * 2

    for gap in [timedelta(0), *ANALYSIS_GAPS[:2]]:
        pipeline.clock.sleep(gap.total_seconds())
        pipeline.recovery.run()
        pipeline.drain()

    assert pipeline.memory(memory_id).analysis_state is AnalysisState.PENDING


@pytest.mark.parametrize(("advice", "tries"), [(True, TRIES), (False, 1)])
@pytest.mark.parametrize("kind", [AITransient, AIMisconfigured, AIUnexplained])
def test_openais_advice_on_retries_is_obeyed(pipeline, kind, advice, tries):
    pipeline.record()
    pipeline.analyst.failures = [kind("no", should_retry=advice)] * TRIES

    pipeline.work()

    assert len(pipeline.analyst.calls) == tries


@pytest.mark.parametrize("asked_for", [FUNCTION_SECONDS, 7200])
def test_the_next_analysis_is_not_due_before_retry_after(pipeline, asked_for):
    memory_id = pipeline.record()
    pipeline.analyst.failures = [AIRateLimited("slow down", retry_after_seconds=asked_for)]

    pipeline.work()

    waits = pipeline.memory(memory_id).analysis_due_at - pipeline.clock.now()
    assert waits.total_seconds() == max(asked_for, ANALYSIS_GAPS[0].total_seconds())


def test_the_transcript_is_readable_while_the_analysis_runs(pipeline):
    memory_id = pipeline.record()
    seen = []
    pipeline.analyst.meanwhile = [lambda: seen.append(pipeline.memory(memory_id))]

    pipeline.work()

    assert (seen[0].status, seen[0].analysis_state) == (Status.TRANSCRIPT_ONLY, AnalysisState.PENDING)
    assert seen[0].transcript
    assert (seen[0].openai_calls, seen[0].billed_seconds) == (1, 5.0)
