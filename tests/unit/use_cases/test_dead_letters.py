"""Dead letters: list, redrive and purge."""

import pytest

from rawk.adapters.sqs.in_memory import InMemoryDeadLetters
from rawk.domain.errors import AIMisconfigured, AIQuotaExhausted, QueueUnavailable
from rawk.domain.memory import Status
from rawk.use_cases.dead_letters import DELETED, DONE, POISON, UNFINISHED, UNPROCESSED, Selection
from tests.unit.use_cases.pipeline import MAX_RECEIVES, Killed

MANY = 1000


def of(*whys):
    return Selection(whys=frozenset(whys))


OF_CONFIGURATION = of("configuration")


def failed(pipeline, error=None):
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [error or AIMisconfigured("OpenAI answered 401")] * MAX_RECEIVES
    pipeline.drain()
    pipeline.transcriber.failures.clear()
    return memory_id


def unprocessed(pipeline):
    return killed_at(pipeline, "memories.claim")


def unfinished(pipeline):
    return killed_at(pipeline, "audio.fetch")


def killed_at(pipeline, call):
    memory_id = pipeline.record()
    pipeline.faults.add(call, Killed(), times=MAX_RECEIVES)
    for _ in range(MAX_RECEIVES):
        with pytest.raises(Killed):
            pipeline.work()
    pipeline.drain()
    return memory_id


def whys(pipeline):
    return [classified.why for classified in pipeline.operations.classify(MANY)]


def test_a_dead_letter_is_classified_with_its_memory(pipeline):
    memory_id = failed(pipeline)

    [classified] = pipeline.operations.classify(MANY)

    assert classified.why == "configuration"
    assert classified.job is not None
    assert classified.job.memory_id == memory_id
    assert classified.memory == pipeline.memory(memory_id)
    assert classified.letter.receive_count > MAX_RECEIVES


def test_every_kind_of_dead_letter_has_its_reason(pipeline):
    failed(pipeline, AIQuotaExhausted("OpenAI answered 429 insufficient_quota"))
    assert whys(pipeline) == ["openai_quota"]
    pipeline.jobs.send("poison")
    pipeline.drain()
    assert sorted(whys(pipeline)) == ["openai_quota", POISON]
    unfinished(pipeline)
    assert sorted(whys(pipeline)) == ["openai_quota", POISON, UNFINISHED]
    unprocessed(pipeline)
    assert sorted(whys(pipeline)) == ["openai_quota", POISON, UNFINISHED, UNPROCESSED]

    for classified in pipeline.operations.classify(MANY):
        if classified.memory is not None:
            pipeline.memories.delete("acme", classified.memory.id, pipeline.clock.now())
    assert sorted(whys(pipeline)) == [DELETED, DELETED, DELETED, POISON]


def test_a_dead_letter_whose_memory_was_completed_since_is_done(pipeline):
    failed(pipeline)
    pipeline.jobs.send(pipeline.dead_bodies()[0])
    pipeline.drain()

    assert whys(pipeline) == [DONE]


def test_classify_leaves_the_dead_letters_in_the_queue(pipeline):
    failed(pipeline)

    assert whys(pipeline) == whys(pipeline) == ["configuration"]


def test_redriving_some_leaves_the_others(pipeline):
    failed(pipeline)
    pipeline.jobs.send("poison")
    pipeline.drain()

    redriven = list(pipeline.operations.redrive_only(OF_CONFIGURATION, MANY, None))

    assert [classified.why for classified in redriven] == ["configuration"]
    assert pipeline.dead_bodies() == ["poison"]
    pipeline.drain()
    assert pipeline.memory(redriven[0].job.memory_id).status is Status.COMPLETE


def test_redriving_some_keeps_the_rate(pipeline):
    for _ in range(3):
        failed(pipeline)
    pipeline.clock.sleeps.clear()

    list(pipeline.operations.redrive_only(OF_CONFIGURATION, MANY, 4))

    assert pipeline.clock.sleeps == [0.25] * 3


def test_a_dead_letter_is_yielded_only_after_it_was_sent(pipeline):
    failed(pipeline)
    failed(pipeline)
    redriven = pipeline.operations.redrive_only(OF_CONFIGURATION, MANY, None)

    next(redriven)
    pipeline.faults.add("letters.move", QueueUnavailable("SQS does not answer"))
    with pytest.raises(QueueUnavailable):
        next(redriven)

    assert len(pipeline.dead_bodies()) == len(pipeline.jobs.messages()) == 1


def test_redriving_all_returns_the_number(pipeline):
    failed(pipeline)
    failed(pipeline)

    assert pipeline.operations.redrive_all(10) == 2
    assert pipeline.dead_bodies() == []
    assert pipeline.operations.redrive_all(10) == 0


@pytest.mark.parametrize("counted", [0, 1, 3])
def test_redriving_all_moves_them_whatever_sqs_counts(pipeline, monkeypatch, counted):
    """SQS's numbers are approximate, and late: a letter of the last minute may not be counted yet."""
    failed(pipeline)
    failed(pipeline)
    monkeypatch.setattr(InMemoryDeadLetters, "count", lambda self: counted)  # noqa: ARG005

    assert pipeline.operations.redrive_all(None) == counted
    assert pipeline.dead_bodies() == []
    assert len(pipeline.jobs.messages()) == 2


def test_a_redrive_of_a_complete_memory_calls_nothing(pipeline):
    memory_id = failed(pipeline)
    pipeline.jobs.send(pipeline.dead_bodies()[0])
    pipeline.drain()
    before = pipeline.memory(memory_id)

    pipeline.operations.redrive_all(None)
    pipeline.drain()

    assert pipeline.memory(memory_id) == before


def test_purging_some_leaves_the_others(pipeline):
    failed(pipeline)
    pipeline.jobs.send("poison")
    pipeline.drain()

    assert [classified.why for classified in pipeline.operations.purge(MANY, of(POISON))] == [POISON]
    assert whys(pipeline) == ["configuration"]


def test_purging_all_leaves_none(pipeline):
    failed(pipeline)
    pipeline.jobs.send("poison")
    pipeline.drain()

    assert len(list(pipeline.operations.purge(MANY))) == 2
    assert pipeline.dead_bodies() == pipeline.jobs.messages() == []


@pytest.mark.parametrize("operation", ["redrive_only", "purge"])
def test_after_an_error_the_other_dead_letters_are_visible_at_once(pipeline, operation):
    """Not only when the error and its traceback are gone."""
    for _ in range(3):
        failed(pipeline)
    operations = pipeline.operations
    pipeline.faults.add(
        {"redrive_only": "letters.move", "purge": "letters.remove"}[operation], QueueUnavailable("SQS is down")
    )
    arguments = {"redrive_only": (OF_CONFIGURATION, MANY, None), "purge": (MANY, OF_CONFIGURATION)}[operation]

    with pytest.raises(QueueUnavailable) as kept:
        list(getattr(operations, operation)(*arguments))

    assert kept.tb is not None
    assert len(whys(pipeline)) == 3
