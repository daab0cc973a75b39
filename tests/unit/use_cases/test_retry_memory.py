"""Retries by the owner: the outbox keeps the job for the grace time, and the log says what the owner asked for."""

from datetime import timedelta

import pytest

from rawk.domain.errors import (
    AIBadAnalysis,
    AIMisconfigured,
    AnalysisNotGivenUp,
    MemoryNotFound,
    NotFailed,
    QueueUnavailable,
)
from rawk.domain.memory import AnalysisState, FailureReason, Status
from rawk.use_cases.retry_memory import RetryMemory
from tests.unit.use_cases.pipeline import GRACE

ONE_MOMENT = timedelta(microseconds=1)


def failed(pipeline) -> str:
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [AIMisconfigured("401")]
    pipeline.drain()
    assert pipeline.memory(memory_id).status is Status.FAILED
    return memory_id


def given_up(pipeline) -> str:
    memory_id = pipeline.record()
    pipeline.analyst.failures = [AIBadAnalysis("refused", reason=FailureReason.ANALYSIS_REFUSED)]
    pipeline.drain()
    assert pipeline.memory(memory_id).analysis_state is AnalysisState.GAVE_UP
    return memory_id


@pytest.fixture
def retries(pipeline) -> RetryMemory:
    return RetryMemory(pipeline.memories, pipeline.queue, pipeline.clock, GRACE)


CASES = {"process": (failed, "retry_asked_for"), "analyse": (given_up, "analysis_asked_for")}


@pytest.mark.parametrize("method", CASES)
def test_the_relay_waits_for_the_grace_time_before_it_sends_what_the_retry_could_not(pipeline, retries, method) -> None:
    memory_id = CASES[method][0](pipeline)
    pipeline.faults.add("queue.send", QueueUnavailable("down"))

    getattr(retries, method)("acme", memory_id)
    pipeline.clock.time += GRACE - ONE_MOMENT
    assert pipeline.recovery.relay() == 0

    pipeline.clock.time += ONE_MOMENT
    assert pipeline.recovery.relay() == 1


@pytest.mark.parametrize("method", CASES)
def test_the_log_says_what_the_owner_asked_for(pipeline, retries, method, log_lines) -> None:
    prepare, event = CASES[method]
    memory_id = prepare(pipeline)

    getattr(retries, method)("acme", memory_id)

    assert [line["memory_id"] for line in log_lines() if line["event"] == event] == [memory_id]


@pytest.mark.parametrize(
    ("method", "refusal", "text"),
    [
        ("process", NotFailed, "The memory is complete, and has not failed."),
        ("analyse", AnalysisNotGivenUp, "The memory is complete, and its analysis was not given up."),
    ],
)
def test_a_retry_of_a_complete_memory_is_refused_and_sends_nothing(pipeline, retries, method, refusal, text) -> None:
    memory_id = pipeline.record()
    pipeline.drain()

    with pytest.raises(refusal) as refused:
        getattr(retries, method)("acme", memory_id)

    assert str(refused.value) == text
    assert pipeline.jobs.messages() == []


@pytest.mark.parametrize("method", CASES)
def test_a_retry_of_another_tenants_memory_finds_none(pipeline, retries, method) -> None:
    memory_id = CASES[method][0](pipeline)

    with pytest.raises(MemoryNotFound, match=r"^There is no such memory\.$"):
        getattr(retries, method)("acme-2", memory_id)
