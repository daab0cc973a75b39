"""Every port fails at every step, before or after its effect, and the worker is killed there.

Whatever happens: no transcript is paid twice once it is saved, the memory ends complete by itself, and what it says
about calls and bills is the truth.
"""

from datetime import timedelta

import pytest

from rawk.domain.errors import AIMisconfigured, AIRateLimited, AITransient, DatabaseUnavailable
from rawk.domain.memory import FailureReason, Status
from rawk.use_cases.processing import Acknowledged, Returned
from tests.unit.use_cases.pipeline import ANALYSIS_GAPS, LEASE_SECONDS, MAX_RECEIVES, VISIBILITY_SECONDS, Killed

TRIES = 5
COMMITS = ["memories.save_transcript", "memories.save_analysis"]
STEPS = [
    "memories.claim",
    "audio.fetch",
    "transcriber.transcribe",
    "memories.save_transcript",
    "analyst.analyse",
    "memories.save_analysis",
]
DOWN = DatabaseUnavailable("Postgres does not answer")
PAID_BEFORE_IT_WAS_SAVED = [("transcriber.transcribe", True), ("memories.save_transcript", False)]

when = pytest.mark.parametrize("after_effect", [False, True], ids=["instead", "answer lost"])


def with_sweep(pipeline, memory_id):
    """Time passes, while worker, relay and sweep run."""
    for gap in [ANALYSIS_GAPS[0], *ANALYSIS_GAPS]:
        pipeline.drain()
        pipeline.clock.time += gap
        pipeline.recovery.run()
    pipeline.drain()
    return pipeline.memory(memory_id)


# the database


@when
@pytest.mark.parametrize("step", COMMITS)
def test_a_commit_that_fails_once_is_tried_again(pipeline, step, after_effect):
    memory_id = pipeline.record()
    pipeline.faults.add(step, DOWN, after_effect=after_effect)

    assert pipeline.work() == Acknowledged()

    memory = pipeline.memory(memory_id)
    assert pipeline.faults.triggered == 1
    assert memory.status is Status.COMPLETE
    assert (memory.openai_calls, memory.billed_seconds) == (2, 5.0)
    assert len(pipeline.transcriber.calls) == len(pipeline.analyst.calls) == 1


@when
def test_a_claim_survives_a_short_database_outage(pipeline, after_effect):
    memory_id = pipeline.record()
    pipeline.faults.add("memories.claim", DOWN, after_effect=after_effect, times=TRIES - 1)

    assert pipeline.work() == Acknowledged()
    assert pipeline.memory(memory_id).attempts == 1
    assert len(pipeline.transcriber.calls) == 1


@when
def test_without_a_claim_the_job_is_returned_before_openai_is_called(pipeline, after_effect):
    memory_id = pipeline.record()
    pipeline.faults.add("memories.claim", DOWN, after_effect=after_effect, times=TRIES)

    assert pipeline.work() == Returned(VISIBILITY_SECONDS)
    assert pipeline.memory(memory_id).openai_calls == len(pipeline.transcriber.calls) == 0
    assert pipeline.work() == Acknowledged()


@pytest.mark.parametrize("step", COMMITS)
def test_a_longer_database_outage_returns_the_job(pipeline, step):
    memory_id = pipeline.record()
    pipeline.faults.add(step, DOWN, times=TRIES)

    assert pipeline.work() == Returned(VISIBILITY_SECONDS)
    assert pipeline.work() == Acknowledged()

    memory = pipeline.memory(memory_id)
    assert memory.status is Status.COMPLETE
    assert memory.openai_calls == len(pipeline.transcriber.calls) + len(pipeline.analyst.calls)
    assert memory.billed_seconds == 5.0 * len(pipeline.transcriber.calls)
    assert len(pipeline.transcriber.calls) == (2 if step == "memories.save_transcript" else 1)


def test_a_transcript_whose_commit_answer_was_lost_is_billed_once(pipeline):
    """Four tries fail, the fifth commits and its answer is lost: the release must not add the usage again."""
    memory_id = pipeline.record()
    pipeline.faults.add("memories.save_transcript", DOWN, times=TRIES - 1)
    pipeline.faults.add("memories.save_transcript", DOWN, after_effect=True)

    assert pipeline.work() == Returned(VISIBILITY_SECONDS)
    pipeline.drain()

    memory = pipeline.memory(memory_id)
    assert (memory.openai_calls, memory.billed_seconds) == (2, 5.0)
    assert len(pipeline.transcriber.calls) == 1


def test_a_lease_that_cannot_be_released_expires(pipeline):
    memory_id = pipeline.record()
    pipeline.faults.add("memories.save_transcript", DOWN, times=TRIES)
    pipeline.faults.add("memories.release", DOWN)

    assert pipeline.work() == Returned(VISIBILITY_SECONDS)
    assert pipeline.memory(memory_id).lease_token is not None
    assert pipeline.work() == Acknowledged()


def test_a_lease_that_cannot_be_released_does_not_shorten_retry_after(pipeline):
    pipeline.record()
    pipeline.transcriber.failures = [AIRateLimited("slow down", retry_after_seconds=2 * VISIBILITY_SECONDS)]
    pipeline.faults.add("memories.release", DOWN)

    assert pipeline.work() == Returned(2 * VISIBILITY_SECONDS)


def test_a_job_waits_for_the_longest_gap_at_most_so_that_its_memory_is_not_abandoned(pipeline):
    pipeline.record()
    longest_gap = MAX_RECEIVES * VISIBILITY_SECONDS
    pipeline.transcriber.failures = [AIRateLimited("slow down", retry_after_seconds=10 * longest_gap)]

    assert pipeline.work() == Returned(longest_gap)
    pipeline.clock.time += timedelta(seconds=longest_gap - 1)

    assert pipeline.recovery.run().abandoned == 0
    assert pipeline.work() == Acknowledged()


@when
def test_a_failure_is_saved_although_the_database_fails_once(pipeline, after_effect):
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [AIMisconfigured("OpenAI answered 401")]
    pipeline.faults.add("memories.fail", DOWN, after_effect=after_effect)

    assert pipeline.work() == Returned(0)

    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.failure_reason) == (Status.FAILED, FailureReason.CONFIGURATION)
    assert (memory.attempts, memory.openai_calls) == (1, 1)


def test_a_failure_that_cannot_be_saved_returns_the_job_with_its_calls_counted(pipeline):
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [AIMisconfigured("OpenAI answered 401")]
    pipeline.faults.add("memories.fail", DOWN, times=TRIES)

    assert pipeline.work() == Returned(VISIBILITY_SECONDS)

    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.lease_token, memory.openai_calls) == (Status.PROCESSING, None, 1)


@when
def test_an_analysis_that_cannot_be_postponed_is_retried_with_its_message(pipeline, after_effect):
    memory_id = pipeline.record()
    pipeline.analyst.failures = [AIMisconfigured("OpenAI answered 404")]
    pipeline.faults.add("memories.postpone_analysis", DOWN, after_effect=after_effect)

    assert pipeline.work() == Returned(VISIBILITY_SECONDS)
    pipeline.drain()

    memory = pipeline.memory(memory_id)
    assert (memory.status, memory.openai_calls) == (Status.COMPLETE, 3)
    assert len(pipeline.transcriber.calls) == 1


def test_a_database_down_for_all_receives_leaves_a_dead_letter_that_a_redrive_completes(pipeline):
    memory_id = pipeline.record()
    pipeline.faults.add("memories.claim", DOWN, times=TRIES * MAX_RECEIVES)

    assert pipeline.drain() == [Returned(seconds * VISIBILITY_SECONDS) for seconds in (1, 2, 3)]
    assert len(pipeline.dead_bodies()) == 1
    pipeline.operations.redrive_all(None)
    pipeline.drain()

    assert pipeline.memory(memory_id).status is Status.COMPLETE


# the worker is killed


@when
@pytest.mark.parametrize("step", STEPS)
def test_after_a_kill_at_any_step_processing_continues_from_the_last_commit(pipeline, step, after_effect):
    memory_id = pipeline.record()
    pipeline.faults.add(step, Killed(), after_effect=after_effect)

    with pytest.raises(Killed):
        pipeline.work()
    memory = with_sweep(pipeline, memory_id)

    assert memory.status is Status.COMPLETE
    assert pipeline.dead_bodies() == []
    paid_twice = (step, after_effect) in PAID_BEFORE_IT_WAS_SAVED
    assert len(pipeline.transcriber.calls) == (2 if paid_twice else 1)


@pytest.mark.parametrize("step", STEPS)
def test_a_memory_whose_worker_is_killed_on_every_receive_is_abandoned_and_can_be_redriven(pipeline, step):
    memory_id = pipeline.record()
    pipeline.faults.add(step, Killed(), times=MAX_RECEIVES)
    for _ in range(MAX_RECEIVES):
        with pytest.raises(Killed):
            pipeline.work()
    pipeline.drain()
    assert len(pipeline.dead_bodies()) == 1

    pipeline.operations.redrive_all(None)

    assert with_sweep(pipeline, memory_id).status is Status.COMPLETE


def test_a_dead_workers_lease_is_taken_over_and_its_attempt_counted(pipeline):
    memory_id = pipeline.record()
    pipeline.faults.add("transcriber.transcribe", Killed())
    with pytest.raises(Killed):
        pipeline.work()

    pipeline.work()

    assert pipeline.memory(memory_id).attempts == 2


# two workers


def test_a_duplicate_waits_for_the_worker_that_holds_the_lease_and_then_does_nothing(pipeline):
    memory_id = pipeline.record()
    pipeline.jobs.send(pipeline.jobs.messages()[0].body)
    verdicts = []
    pipeline.transcriber.meanwhile = [lambda: verdicts.append(pipeline.work())]

    assert pipeline.work() == Acknowledged()
    assert verdicts == [Returned(LEASE_SECONDS + 1)]
    assert pipeline.drain() == [Acknowledged()]

    assert pipeline.memory(memory_id).openai_calls == 2
    assert len(pipeline.transcriber.calls) == len(pipeline.analyst.calls) == 1


def test_a_worker_that_was_taken_over_changes_nothing(pipeline):
    memory_id = pipeline.record(b"RIFF....WAVE")
    others = []

    def stuck():
        pipeline.clock.sleep(VISIBILITY_SECONDS)
        pipeline.work()
        others.append(pipeline.memory(memory_id))

    pipeline.transcriber.meanwhile = [stuck]
    first = pipeline.receive()

    assert pipeline.processing.handle(first, pipeline.deadline(2 * VISIBILITY_SECONDS)) == Acknowledged()

    assert others[0].status is Status.COMPLETE
    assert pipeline.memory(memory_id) == others[0]


def test_a_worker_that_was_taken_over_leaves_the_job_to_the_other(pipeline):
    pipeline.record()
    verdicts = []

    def stuck():
        pipeline.clock.sleep(VISIBILITY_SECONDS)
        late = pipeline.receive()
        pipeline.transcriber.meanwhile = [
            lambda: verdicts.append(pipeline.processing.handle(first, pipeline.deadline()))
        ]
        pipeline.processing.handle(late, pipeline.deadline())

    first = pipeline.receive()
    pipeline.transcriber.meanwhile = [stuck]

    pipeline.processing.handle(first, pipeline.deadline(2 * VISIBILITY_SECONDS))

    assert verdicts == [Returned(LEASE_SECONDS + 1)]


@pytest.mark.parametrize("during", ["transcriber", "analyst"])
def test_a_memory_deleted_while_it_is_processed_stays_deleted(pipeline, during):
    memory_id = pipeline.record()
    getattr(pipeline, during).meanwhile = [lambda: pipeline.memories.delete("acme", memory_id, pipeline.clock.now())]

    assert pipeline.work() == Acknowledged()
    assert pipeline.memories.find(memory_id) is None
    assert pipeline.jobs.messages() == []


def test_a_memory_deleted_before_its_job_arrives_calls_nothing(pipeline):
    memory_id = pipeline.record()
    pipeline.memories.delete("acme", memory_id, pipeline.clock.now())

    assert pipeline.work() == Acknowledged()
    assert pipeline.transcriber.calls == []


def test_a_memory_deleted_while_its_transcription_fails_stays_deleted(pipeline):
    memory_id = pipeline.record()
    pipeline.transcriber.meanwhile = [lambda: pipeline.memories.delete("acme", memory_id, pipeline.clock.now())]
    pipeline.transcriber.failures = [AITransient("OpenAI answered 500")] * TRIES

    pipeline.drain()

    assert pipeline.memories.find(memory_id) is None
    assert pipeline.dead_bodies() == []
