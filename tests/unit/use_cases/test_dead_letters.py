"""What an operator sees of dead letters, and what becomes of them."""

import pytest

from rawk.domain.errors import AIMisconfigured, AIQuotaExhausted, QueueUnavailable
from rawk.domain.memory import Status
from rawk.use_cases.dead_letters import DELETED, DONE, POISON, UNFINISHED
from tests.unit.use_cases.pipeline import MAX_RECEIVES, Killed

ALL = 1000


def failed(line, error=None):
    memory_id = line.record()
    line.transcriber.failures = [error or AIMisconfigured("OpenAI answered 401")] * MAX_RECEIVES
    line.drain()
    line.transcriber.failures.clear()
    return memory_id


def unfinished(line):
    memory_id = line.record()
    line.faults.add("memories.claim", Killed(), times=MAX_RECEIVES)
    for _ in range(MAX_RECEIVES):
        with pytest.raises(Killed):
            line.work()
    line.drain()
    return memory_id


def whys(line):
    return [classified.why for classified in line.operations.classify(ALL)]


def test_a_letter_is_judged_beside_its_memory(line):
    memory_id = failed(line)

    [classified] = line.operations.classify(ALL)

    assert classified.why == "configuration"
    assert classified.job is not None
    assert classified.job.memory_id == memory_id
    assert classified.memory == line.memory(memory_id)
    assert classified.letter.receive_count > MAX_RECEIVES


def test_every_kind_of_letter_has_its_why(line):
    failed(line, AIQuotaExhausted("OpenAI answered 429 insufficient_quota"))
    assert whys(line) == ["openai_quota"]
    line.jobs.send("poison")
    line.drain()
    assert sorted(whys(line)) == ["openai_quota", POISON]
    unfinished(line)
    assert sorted(whys(line)) == ["openai_quota", POISON, UNFINISHED]

    for classified in line.operations.classify(ALL):
        if classified.memory is not None:
            line.memories.delete("acme", classified.memory.id, line.clock.now())
    assert sorted(whys(line)) == [DELETED, DELETED, POISON]


def test_a_letter_whose_memory_was_completed_since_is_done(line):
    failed(line)
    line.jobs.send(line.dead_bodies()[0])
    line.drain()

    assert whys(line) == [DONE]


def test_judging_leaves_the_letters_where_they_are(line):
    failed(line)

    assert whys(line) == whys(line) == ["configuration"]


def test_redriving_some_leaves_the_others(line):
    failed(line)
    line.jobs.send("poison")
    line.drain()

    redriven = list(line.operations.redrive_only(["configuration"], ALL, None))

    assert [classified.why for classified in redriven] == ["configuration"]
    assert line.dead_bodies() == ["poison"]
    line.drain()
    assert line.memory(redriven[0].job.memory_id).status is Status.COMPLETE


def test_redriving_some_keeps_the_pace(line):
    for _ in range(3):
        failed(line)
    line.clock.sleeps.clear()

    list(line.operations.redrive_only(["configuration"], ALL, 4))

    assert line.clock.sleeps == [0.25] * 3


def test_a_letter_is_told_of_only_once_it_is_back(line):
    failed(line)
    failed(line)
    redriven = line.operations.redrive_only(["configuration"], ALL, None)

    next(redriven)
    line.faults.add("letters.move", QueueUnavailable("SQS does not answer"))
    with pytest.raises(QueueUnavailable):
        next(redriven)

    assert len(line.dead_bodies()) == len(line.jobs.messages()) == 1


def test_redriving_all_says_how_many(line):
    failed(line)
    failed(line)

    assert line.operations.redrive_all(10) == 2
    assert line.dead_bodies() == []
    assert line.operations.redrive_all(10) == 0


def test_redriving_nothing_starts_no_task(line):
    line.faults.add("letters.move_all", QueueUnavailable("there is nothing to move"))

    assert line.operations.redrive_all(None) == 0


def test_a_redrive_of_what_is_done_costs_nothing(line):
    memory_id = failed(line)
    line.jobs.send(line.dead_bodies()[0])
    line.drain()
    before = line.memory(memory_id)

    line.operations.redrive_all(None)
    line.drain()

    assert line.memory(memory_id) == before


def test_purging_some_leaves_the_others(line):
    failed(line)
    line.jobs.send("poison")
    line.drain()

    assert [classified.why for classified in line.operations.purge(ALL, [POISON])] == [POISON]
    assert whys(line) == ["configuration"]


def test_purging_all_leaves_none(line):
    failed(line)
    line.jobs.send("poison")
    line.drain()

    assert len(list(line.operations.purge(ALL))) == 2
    assert line.dead_bodies() == line.jobs.messages() == []
