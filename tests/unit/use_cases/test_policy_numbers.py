"""Every number of the policy: what a client or an operator notices changes when it is forgotten, halved or doubled.

The numbers come from the policies' fields and the use cases' constants, so that a new one without an entry fails.
"""

import ast
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import rawk.use_cases
from rawk.config import AnalysisRetry, QueueLimits
from rawk.domain.errors import AIBadAnalysis, AITransient, QueueUnavailable
from rawk.domain.memory import AnalysisState, Usage
from rawk.ports import ClaimRequest, NewTranscript
from rawk.use_cases import audio_download, direct_uploads, recovery
from rawk.use_cases.audio_download import AudioDownload
from rawk.use_cases.direct_uploads import DirectUploads, PlannedUpload
from rawk.use_cases.processing import Processing, ProcessingPolicy, analysis, failures, handler
from rawk.use_cases.recovery import RecoveryPolicy
from rawk.use_cases.retry_budget import RetryBudget, RetryPolicy
from tests.unit.use_cases.pipeline import QUEUE_LIMITS, Pipeline

DAY = 86_400


def first_second(happens: Callable[[int], object], most: int = 400 * DAY) -> int:
    """The first whole second at which it happens, by bisection; `most` if it never does."""
    low, high = 0, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if happens(middle) else (middle + 1, high)
    return low


def passed(pipeline: Pipeline, seconds: float) -> Pipeline:
    pipeline.clock.time += timedelta(seconds=seconds)
    return pipeline


# recovery: each takes the policy and gives what is noticed


def recovering(policy: RecoveryPolicy | None) -> Pipeline:
    pipeline = Pipeline()
    if policy is not None:
        pipeline.recovery.policy = policy
    return pipeline


def sent_again_after(policy: RecoveryPolicy | None = None) -> int:
    """Seconds until the relay tries a job again whose sending failed."""

    def happens(seconds: int) -> bool:
        pipeline = recovering(policy)
        pipeline.record(send=False)
        passed(pipeline, 3600)
        pipeline.faults.add("queue.send", QueueUnavailable("SQS does not answer"))
        pipeline.recovery.relay()
        return passed(pipeline, seconds).recovery.relay() == 1

    return first_second(happens)


def orphan_removed_after(policy: RecoveryPolicy | None = None) -> int:
    def happens(seconds: int) -> bool:
        pipeline = recovering(policy)
        pipeline.audio.put("audio/acme/orphan", b"RIFF", "audio/wav")
        return passed(pipeline, seconds).recovery.sweep_audio() == 1

    return first_second(happens)


def processing_abandoned_after(policy: RecoveryPolicy | None = None) -> int:
    def happens(seconds: int) -> bool:
        pipeline = recovering(policy)
        memory_id = pipeline.record()
        now = pipeline.clock.now()
        pipeline.memories.claim(ClaimRequest(memory_id, "m", "t", now + timedelta(seconds=1)), now)
        return passed(pipeline, seconds).recovery.fail_abandoned() == 1

    return first_second(happens)


def queued_abandoned_after(policy: RecoveryPolicy | None = None) -> int:
    def happens(seconds: int) -> bool:
        pipeline = recovering(policy)
        pipeline.record()
        return passed(pipeline, seconds).recovery.fail_abandoned() == 1

    return first_second(happens)


def tombstone_removed_after() -> int:
    def happens(seconds: int) -> bool:
        pipeline = Pipeline()
        pipeline.memories.delete("acme", pipeline.record(), pipeline.clock.now())
        return passed(pipeline, seconds).recovery.delete_old_tombstones() == 1

    return first_second(happens)


def audio_swept_again_after() -> int:
    def happens(seconds: int) -> bool:
        pipeline = Pipeline()
        pipeline.recovery.run()
        passed(pipeline, seconds).recovery.run()
        return pipeline.faults.calls.count("audio.older_than") == 2

    return first_second(happens)


def dead_letters_read_again_after() -> int:
    """When all of them wait for an operator, and a job waits for a worker."""

    def happens(seconds: int) -> bool:
        pipeline = Pipeline()
        pipeline.record(send=False)
        pipeline.dead.send("poison")
        passed(pipeline, 3 * 1800 + 1).recovery.redrive_unprocessed()
        passed(pipeline, seconds).recovery.redrive_unprocessed()
        return pipeline.faults.calls.count("letters.peek") == 2

    return first_second(happens)


def claims_of_the_outbox(policy: RecoveryPolicy | None = None) -> int:
    """For 150 jobs."""
    pipeline = recovering(policy)
    for _ in range(150):
        pipeline.record(send=False)
    passed(pipeline, 3600).recovery.relay()
    return pipeline.faults.calls.count("memories.claim_outbox")


def dead_letters_of_one_run() -> int:
    """Of 1,100 that no worker has seen."""
    pipeline = Pipeline()
    for _ in range(1100):
        pipeline.record()
    for _ in range(4):
        pipeline.jobs.take(1100)
        pipeline.clock.time += timedelta(seconds=1800)
    return pipeline.recovery.redrive_unprocessed()


def analysis_gaps(policy: RecoveryPolicy | None = None) -> list[float]:
    """Seconds between the analyses that the sweep queues, until it gives up."""
    pipeline = recovering(policy)
    memory_id = pipeline.record()
    now = pipeline.clock.now()
    lease = pipeline.memories.claim(ClaimRequest(memory_id, "m", "t", now + timedelta(seconds=1)), now).lease
    pipeline.memories.save_transcript(lease, NewTranscript("words", Usage(), now), now)
    pipeline.memories.release(lease, Usage(), now)
    gaps: list[float] = []
    while (memory := pipeline.memory(memory_id)).analysis_state is AnalysisState.PENDING:
        pipeline.clock.time = memory.analysis_due_at
        pipeline.recovery.queue_due_analyses()
        due_at = pipeline.memory(memory_id).analysis_due_at
        gaps += [] if due_at is None else [(due_at - pipeline.clock.now()).total_seconds()]
    return gaps


# processing


def processing(**changes: Any) -> Pipeline:
    pipeline = Pipeline()
    own = pipeline.processing.services
    pipeline.processing = Processing(replace(own, policy=replace(own.policy, **changes)))
    return pipeline


def returned_for() -> list[float]:
    """Seconds after each receive but the last, while OpenAI is down."""
    pipeline = Pipeline()
    pipeline.record()
    pipeline.transcriber.failures = [AITransient("OpenAI answered 503")] * 100
    return [pipeline.work().after_seconds for _ in range(2)]


def leased_for(**changes: Any) -> float:
    """Seconds from the transcription on, which comes at once."""
    pipeline = processing(**changes)
    memory_id = pipeline.record()
    ends: list[float] = []

    def look() -> None:
        expires_at = pipeline.memory(memory_id).lease_expires_at
        assert expires_at is not None
        ends.append((expires_at - pipeline.clock.now()).total_seconds())

    pipeline.transcriber.meanwhile = [look]
    pipeline.work()
    return ends[0]


def call_limited_to(deadline_seconds: float = 300, **changes: Any) -> float:
    """The timeout of the first call in seconds; 0 if there was no time for one."""
    pipeline = processing(**changes)
    pipeline.record()
    pipeline.work(seconds=deadline_seconds)
    return next((call.timeout_seconds for call in pipeline.transcriber.calls), 0)


def call_limited_near_the_deadline() -> float:
    return call_limited_to(deadline_seconds=20)


def malformed_analyses_in_one_invocation() -> int:
    pipeline = Pipeline()
    pipeline.record()
    pipeline.analyst.failures = [AIBadAnalysis("the answer is no analysis")] * 100
    pipeline.work()
    return len(pipeline.analyst.calls)


def malformed_analyses_until_it_gives_up() -> int:
    pipeline = Pipeline()
    memory_id = pipeline.record()
    pipeline.analyst.failures = [AIBadAnalysis("the answer is no analysis")] * 100
    pipeline.drain()
    while (memory := pipeline.memory(memory_id)).analysis_state is AnalysisState.PENDING:
        pipeline.clock.time = memory.analysis_due_at
        pipeline.recovery.queue_due_analyses()
        pipeline.recovery.relay()
        pipeline.drain()
    return len(pipeline.analyst.calls)


# the retry budget


class NoJitter:
    def random(self) -> float:
        return 1.0


def waits(policy: RetryPolicy | None = None, seconds: float = 10_000) -> list[float]:
    """Seconds between the tries of one call that always fails."""
    pipeline = Pipeline()
    budget = RetryBudget(
        pipeline.clock.now() + timedelta(seconds=seconds), pipeline.clock, NoJitter(), policy or RetryPolicy()
    )

    def fail(_: float) -> None:
        raise AITransient("OpenAI answered 503")

    with pytest.raises(AITransient):
        budget.run(fail, lambda _: True)
    return pipeline.clock.sleeps


def waits_of_many_tries(policy: RetryPolicy | None = None) -> list[float]:
    return waits(replace(policy or RetryPolicy(), tries=9))


def time_for_a_third_try(policy: RetryPolicy | None = None) -> int:
    """Tenths of a second beyond the waits before it, which take three seconds."""
    return first_second(lambda tenths: len(waits(policy, seconds=3 + tenths / 10)) >= 2, most=1000)


# uploads


def form_expires_after() -> float:
    pipeline = Pipeline()
    uploads = DirectUploads(
        pipeline.memories, pipeline.audio, pipeline.queue, pipeline.clock, pipeline.randomness, timedelta(seconds=60)
    )
    expires_at = uploads.begin("acme", "c1", PlannedUpload("audio/wav"), None).form_expires_at
    assert expires_at is not None
    return (expires_at - pipeline.clock.now()).total_seconds()


RECOVERY = RecoveryPolicy(QUEUE_LIMITS, 330, AnalysisRetry(900, 3), timedelta(seconds=60), timedelta(seconds=DAY))
LONGEST_SILENCE = 2 * 3 * 1800 + 3 * 330

IN_A_POLICY: dict[str, tuple[Callable[..., Any], Callable[[float], Any], Any]] = {
    "RecoveryPolicy.outbox_grace": (
        sent_again_after,
        lambda factor: replace(RECOVERY, outbox_grace=RECOVERY.outbox_grace * factor),
        60,
    ),
    "RecoveryPolicy.orphan_audio_after": (
        orphan_removed_after,
        lambda factor: replace(RECOVERY, orphan_audio_after=RECOVERY.orphan_audio_after * factor),
        DAY + 1,
    ),
    "RecoveryPolicy.lease_seconds": (
        processing_abandoned_after,
        lambda factor: replace(RECOVERY, lease_seconds=round(330 * factor)),
        LONGEST_SILENCE + 1,
    ),
    "QueueLimits.visibility_timeout_seconds": (
        processing_abandoned_after,
        lambda factor: replace(RECOVERY, queue_limits=replace(QUEUE_LIMITS, visibility_timeout_seconds=1800 * factor)),
        LONGEST_SILENCE + 1,
    ),
    "QueueLimits.max_receive_count": (
        processing_abandoned_after,
        lambda factor: replace(RECOVERY, queue_limits=replace(QUEUE_LIMITS, max_receive_count=round(3 * factor))),
        LONGEST_SILENCE + 1,
    ),
    "QueueLimits.retention_seconds": (
        queued_abandoned_after,
        lambda factor: replace(RECOVERY, queue_limits=replace(QUEUE_LIMITS, retention_seconds=345_600 * factor)),
        345_601,
    ),
    "RecoveryPolicy.batch": (
        claims_of_the_outbox,
        lambda factor: replace(RECOVERY, batch=round(recovery.BATCH * factor)),
        2,
    ),
    "AnalysisRetry.base_seconds": (
        analysis_gaps,
        lambda factor: replace(RECOVERY, analysis_retry=AnalysisRetry(round(900 * factor), 3)),
        [900, 1800, 3600],
    ),
    "AnalysisRetry.limit": (
        analysis_gaps,
        lambda factor: replace(RECOVERY, analysis_retry=AnalysisRetry(900, max(1, round(3 * factor)))),
        [900, 1800, 3600],
    ),
    "RetryPolicy.first_wait_seconds": (waits, lambda factor: RetryPolicy(first_wait_seconds=factor), [1, 2, 4, 8]),
    "RetryPolicy.longest_wait_seconds": (
        waits_of_many_tries,
        lambda factor: RetryPolicy(longest_wait_seconds=20 * factor),
        [1, 2, 4, 8, 16, 20, 20, 20],
    ),
    "RetryPolicy.tries": (waits, lambda factor: RetryPolicy(tries=round(5 * factor)), [1, 2, 4, 8]),
    "RetryPolicy.shortest_call_seconds": (
        time_for_a_third_try,
        lambda factor: RetryPolicy(shortest_call_seconds=factor),
        11,
    ),
}
"""Field → what is noticed, the policy with the number times a factor, and what is noticed with the number as it is."""

CONSTANTS: dict[str, tuple[Any, Callable[[], Any], Any]] = {
    "TOMBSTONES_KEPT_FOR": (recovery, tombstone_removed_after, 30 * DAY + 1),
    "AUDIO_SWEPT_EVERY": (recovery, audio_swept_again_after, 3600),
    "DEAD_LETTERS_EACH_RUN": (recovery, dead_letters_of_one_run, 1000),
    "FRUITLESS_READ_REPEATED_AFTER": (recovery, dead_letters_read_again_after, 600),
    "DEADLINE_RESERVE": (handler, call_limited_near_the_deadline, 18.5),
    "MALFORMED_ANALYSES_EACH_TIME": (analysis, malformed_analyses_in_one_invocation, 2),
    "MALFORMED_TIMES": (failures, malformed_analyses_until_it_gives_up, 6),
    "FORM_VALID_SECONDS": (direct_uploads, form_expires_after, 900),
}
"""Constant → its module, what is noticed, and what that is."""

ELSEWHERE = {
    "BATCH",
    "CHECKS",
    "CLOCKS_DIFFER",
    "HEAD_BYTES",
    "LINK_VALID_SECONDS",
    "MOST_MEMORIES",
    "MOST_ROUNDS",
    "UUID_CHARACTERS",
    "ProcessingPolicy.lease_seconds",
    "ProcessingPolicy.openai_timeout_seconds",
}
"""Numbers with a test of their own: as the default of a policy's field, below, or, as they are no durations and no
limits of the policy, in the tests of direct uploads, of audio formats and of traces."""


def numbers_of_the_use_cases() -> set[str]:
    found: set[str] = set()
    for path in _folder().rglob("*.py"):
        if path.parent.name == "callers":  # tests/unit/numbers has them
            continue
        module = import_module(".".join(("rawk", "use_cases", *path.relative_to(_folder()).with_suffix("").parts)))
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign):
                names = [target.id for target in node.targets if isinstance(target, ast.Name)]
                found |= {name for name in names if isinstance(getattr(module, name), int | float | timedelta)}
    return found


def _folder() -> Path:
    return Path(next(iter(rawk.use_cases.__path__)))


def numbers_of_the_policies() -> set[str]:
    kinds = (RecoveryPolicy, ProcessingPolicy, RetryPolicy, QueueLimits, AnalysisRetry)
    numbers = (int, float, timedelta)
    return {f"{kind.__name__}.{field.name}" for kind in kinds for field in fields(kind) if field.type in numbers}


def test_every_number_is_here() -> None:
    assert numbers_of_the_use_cases() | numbers_of_the_policies() == {*IN_A_POLICY, *CONSTANTS, *ELSEWHERE}


@pytest.mark.parametrize("name", IN_A_POLICY)
@pytest.mark.parametrize("factor", [0.5, 2])
def test_a_changed_number_of_a_policy_is_noticed(name: str, factor: float) -> None:
    notice, changed, usual = IN_A_POLICY[name]
    assert notice(changed(1)) == usual
    assert notice(changed(factor)) != usual


@pytest.mark.parametrize("name", CONSTANTS)
@pytest.mark.parametrize("factor", [0.5, 2, 1_000])
def test_a_changed_constant_is_noticed(name: str, factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    module, notice, usual = CONSTANTS[name]
    assert notice() == usual
    number = getattr(module, name)
    monkeypatch.setattr(module, name, number * factor if isinstance(number, timedelta) else round(number * factor))
    assert notice() != usual


def test_a_job_is_returned_for_the_visibility_timeout_times_its_receives() -> None:
    assert returned_for() == [1800, 3600]


@pytest.mark.parametrize("factor", [0.5, 2])
def test_a_changed_number_of_processing_is_noticed(factor: float) -> None:
    assert leased_for() == 330
    assert leased_for(lease_seconds=330 * factor) != 330
    assert call_limited_to() == 60
    assert call_limited_to(openai_timeout_seconds=60 * factor) != 60


@pytest.mark.parametrize("factor", [0.5, 2, 1_000])
def test_a_link_is_valid_for_five_minutes(factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    def seconds() -> float:
        pipeline = Pipeline()
        memory_id = pipeline.record()
        asked: list[float] = []
        monkeypatch.setattr(pipeline.audio, "link", lambda _key, _type, valid: asked.append(valid) or "link")
        AudioDownload(pipeline.memories, pipeline.audio).link("acme", memory_id)
        return asked[0]

    assert seconds() == 300
    monkeypatch.setattr(audio_download, "LINK_VALID_SECONDS", round(300 * factor))
    assert seconds() != 300
