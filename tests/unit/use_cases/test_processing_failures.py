"""Every port fails at every step, before or after its effect, and the worker dies there, too.

Whatever happens: no transcript is paid twice once it is saved, the memory ends complete by itself, and what it says
about calls and bills is the truth.
"""

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


def with_sweep(line, memory_id):
    """Time goes by, and all that runs by itself runs: worker, relay and sweep."""
    for gap in [ANALYSIS_GAPS[0], *ANALYSIS_GAPS]:
        line.drain()
        line.clock.time += gap
        line.recovery.run()
    line.drain()
    return line.memory(memory_id)


# the database


@when
@pytest.mark.parametrize("step", COMMITS)
def test_a_commit_that_fails_once_is_tried_again(line, step, after_effect):
    memory_id = line.record()
    line.faults.add(step, DOWN, after_effect=after_effect)

    assert line.work() == Acknowledged()

    memory = line.memory(memory_id)
    assert line.faults.met == 1
    assert memory.status is Status.COMPLETE
    assert (memory.openai_calls, memory.billed_seconds) == (2, 5.0)
    assert len(line.transcriber.calls) == len(line.analyst.calls) == 1


@when
def test_a_claim_survives_a_database_that_hiccups(line, after_effect):
    memory_id = line.record()
    line.faults.add("memories.claim", DOWN, after_effect=after_effect, times=TRIES - 1)

    assert line.work() == Acknowledged()
    assert line.memory(memory_id).attempts == 1
    assert len(line.transcriber.calls) == 1


@when
def test_without_a_claim_the_job_goes_back_before_anything_is_paid(line, after_effect):
    memory_id = line.record()
    line.faults.add("memories.claim", DOWN, after_effect=after_effect, times=TRIES)

    assert line.work() == Returned(VISIBILITY_SECONDS)
    assert line.memory(memory_id).openai_calls == len(line.transcriber.calls) == 0
    assert line.work() == Acknowledged()


@pytest.mark.parametrize("step", COMMITS)
def test_a_database_that_stays_down_sends_the_job_back(line, step):
    memory_id = line.record()
    line.faults.add(step, DOWN, times=TRIES)

    assert line.work() == Returned(VISIBILITY_SECONDS)
    assert line.work() == Acknowledged()

    memory = line.memory(memory_id)
    assert memory.status is Status.COMPLETE
    assert memory.openai_calls == len(line.transcriber.calls) + len(line.analyst.calls)
    assert memory.billed_seconds == 5.0 * len(line.transcriber.calls)
    assert len(line.transcriber.calls) == (2 if step == "memories.save_transcript" else 1)


def test_a_transcript_whose_saving_was_only_unheard_of_is_billed_once(line):
    """Four tries fail, the fifth is done and its answer lost: the lease is given back, but not the bill again."""
    memory_id = line.record()
    line.faults.add("memories.save_transcript", DOWN, times=TRIES - 1)
    line.faults.add("memories.save_transcript", DOWN, after_effect=True)

    assert line.work() == Returned(VISIBILITY_SECONDS)
    line.drain()

    memory = line.memory(memory_id)
    assert (memory.openai_calls, memory.billed_seconds) == (2, 5.0)
    assert len(line.transcriber.calls) == 1


def test_a_lease_that_can_not_be_given_back_runs_out(line):
    memory_id = line.record()
    line.faults.add("memories.save_transcript", DOWN, times=TRIES)
    line.faults.add("memories.release", DOWN)

    assert line.work() == Returned(VISIBILITY_SECONDS)
    assert line.memory(memory_id).lease_token is not None
    assert line.work() == Acknowledged()


def test_a_lease_that_can_not_be_given_back_does_not_shorten_what_openai_asked_for(line):
    line.record()
    line.transcriber.failures = [AIRateLimited("slow down", retry_after_seconds=7200)]
    line.faults.add("memories.release", DOWN)

    assert line.work() == Returned(7200)


@when
def test_a_failure_is_written_down_although_the_database_fails_once(line, after_effect):
    memory_id = line.record()
    line.transcriber.failures = [AIMisconfigured("OpenAI answered 401")]
    line.faults.add("memories.fail", DOWN, after_effect=after_effect)

    assert line.work() == Returned(0)

    memory = line.memory(memory_id)
    assert (memory.status, memory.failure_reason) == (Status.FAILED, FailureReason.CONFIGURATION)
    assert (memory.attempts, memory.openai_calls) == (1, 1)


def test_a_failure_that_can_not_be_written_down_sends_the_job_back_with_its_calls_counted(line):
    memory_id = line.record()
    line.transcriber.failures = [AIMisconfigured("OpenAI answered 401")]
    line.faults.add("memories.fail", DOWN, times=TRIES)

    assert line.work() == Returned(VISIBILITY_SECONDS)

    memory = line.memory(memory_id)
    assert (memory.status, memory.lease_token, memory.openai_calls) == (Status.PROCESSING, None, 1)


@when
def test_an_analysis_that_can_not_be_postponed_comes_back_with_its_message(line, after_effect):
    memory_id = line.record()
    line.analyst.failures = [AIMisconfigured("OpenAI answered 404")]
    line.faults.add("memories.postpone_analysis", DOWN, after_effect=after_effect)

    assert line.work() == Returned(VISIBILITY_SECONDS)
    line.drain()

    memory = line.memory(memory_id)
    assert (memory.status, memory.openai_calls) == (Status.COMPLETE, 3)
    assert len(line.transcriber.calls) == 1


def test_a_database_down_for_all_receives_leaves_a_dead_letter_that_a_redrive_completes(line):
    memory_id = line.record()
    line.faults.add("memories.claim", DOWN, times=TRIES * MAX_RECEIVES)

    assert line.drain() == [Returned(seconds * VISIBILITY_SECONDS) for seconds in (1, 2, 3)]
    assert len(line.dead_bodies()) == 1
    line.operations.redrive_all(None)
    line.drain()

    assert line.memory(memory_id).status is Status.COMPLETE


# the worker dies


@when
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_the_work_goes_on_from_the_last_commit(line, step, after_effect):
    memory_id = line.record()
    line.faults.add(step, Killed(), after_effect=after_effect)

    with pytest.raises(Killed):
        line.work()
    memory = with_sweep(line, memory_id)

    assert memory.status is Status.COMPLETE
    assert line.dead_bodies() == []
    paid_twice = (step, after_effect) in PAID_BEFORE_IT_WAS_SAVED
    assert len(line.transcriber.calls) == (2 if paid_twice else 1)


@pytest.mark.parametrize("step", STEPS)
def test_killed_on_every_receive_the_memory_is_found_abandoned_and_can_be_redriven(line, step):
    memory_id = line.record()
    line.faults.add(step, Killed(), times=MAX_RECEIVES)
    for _ in range(MAX_RECEIVES):
        with pytest.raises(Killed):
            line.work()
    line.drain()
    assert len(line.dead_bodies()) == 1

    line.operations.redrive_all(None)

    assert with_sweep(line, memory_id).status is Status.COMPLETE


def test_a_dead_workers_lease_is_taken_over_and_its_attempt_counted(line):
    memory_id = line.record()
    line.faults.add("transcriber.transcribe", Killed())
    with pytest.raises(Killed):
        line.work()

    line.work()

    assert line.memory(memory_id).attempts == 2


# two workers


def test_a_duplicate_waits_for_the_worker_that_holds_the_lease_and_then_does_nothing(line):
    memory_id = line.record()
    line.jobs.send(line.jobs.messages()[0].body)
    verdicts = []
    line.transcriber.meanwhile = [lambda: verdicts.append(line.work())]

    assert line.work() == Acknowledged()
    assert verdicts == [Returned(LEASE_SECONDS + 1)]
    assert line.drain() == [Acknowledged()]

    assert line.memory(memory_id).openai_calls == 2
    assert len(line.transcriber.calls) == len(line.analyst.calls) == 1


def test_a_worker_that_was_taken_over_changes_nothing(line):
    memory_id = line.record(b"RIFF....WAVE")
    others = []

    def stuck():
        line.clock.sleep(VISIBILITY_SECONDS)
        line.work()
        others.append(line.memory(memory_id))

    line.transcriber.meanwhile = [stuck]
    first = line.receive()

    assert line.processing.handle(first, line.deadline(2 * VISIBILITY_SECONDS)) == Acknowledged()

    assert others[0].status is Status.COMPLETE
    assert line.memory(memory_id) == others[0]


def test_a_worker_that_was_taken_over_gives_way_to_one_still_at_work(line):
    line.record()
    verdicts = []

    def stuck():
        line.clock.sleep(VISIBILITY_SECONDS)
        late = line.receive()
        line.transcriber.meanwhile = [lambda: verdicts.append(line.processing.handle(first, line.deadline()))]
        line.processing.handle(late, line.deadline())

    first = line.receive()
    line.transcriber.meanwhile = [stuck]

    line.processing.handle(first, line.deadline(2 * VISIBILITY_SECONDS))

    assert verdicts == [Returned(LEASE_SECONDS + 1)]


@pytest.mark.parametrize("during", ["transcriber", "analyst"])
def test_a_memory_deleted_while_it_is_worked_on_stays_deleted(line, during):
    memory_id = line.record()
    getattr(line, during).meanwhile = [lambda: line.memories.delete("acme", memory_id, line.clock.now())]

    assert line.work() == Acknowledged()
    assert line.memories.find(memory_id) is None
    assert line.jobs.messages() == []


def test_a_memory_deleted_before_its_job_came_costs_nothing(line):
    memory_id = line.record()
    line.memories.delete("acme", memory_id, line.clock.now())

    assert line.work() == Acknowledged()
    assert line.transcriber.calls == []


def test_a_memory_deleted_while_its_transcription_fails_stays_deleted(line):
    memory_id = line.record()
    line.transcriber.meanwhile = [lambda: line.memories.delete("acme", memory_id, line.clock.now())]
    line.transcriber.failures = [AITransient("OpenAI answered 500")] * TRIES

    line.drain()

    assert line.memories.find(memory_id) is None
    assert line.dead_bodies() == []
