"""Messages that are not ours go to the dead-letter queue as fast as SQS lets them, and healthy ones pass them."""

import hashlib
import json
import logging

import pytest

from rawk.domain.memory import Status
from rawk.use_cases.processing import Acknowledged, Returned
from tests.unit.use_cases.pipeline import MAX_RECEIVES

STRANGER = "8c5f0a54-4a4f-4dbb-9a40-0c2f7a6b1c11"
GOOD = {"version": 1, "type": "process_memory", "memory_id": STRANGER, "correlation_id": "c"}

POISON = {
    "not JSON": "{",
    "another version": json.dumps({**GOOD, "version": 2}),
    "another type": json.dumps({**GOOD, "type": "reindex"}),
    "a missing field": json.dumps({**GOOD, "memory_id": None}),
    "an unknown memory": json.dumps(GOOD),
}


@pytest.mark.parametrize("body", POISON.values(), ids=POISON.keys())
def test_poison_is_dead_lettered_at_once(line, body):
    line.jobs.send(body)
    began_at = line.clock.now()

    assert line.drain() == [Returned(0)] * MAX_RECEIVES

    assert line.dead_bodies() == [body]
    assert line.clock.now() == began_at
    assert line.transcriber.calls == []


def test_healthy_messages_pass_poison(line):
    before = line.record()
    for body in POISON.values():
        line.jobs.send(body)
    after = line.record()

    verdicts = line.drain()

    assert verdicts.count(Acknowledged()) == 2
    assert {line.memory(before).status, line.memory(after).status} == {Status.COMPLETE}
    assert sorted(line.dead_bodies()) == sorted(POISON.values())


def test_poison_is_logged_with_its_digest_and_never_with_its_body(line, caplog):
    body = '{"password": "hunter2\\ud800"}'
    line.jobs.send(body)

    with caplog.at_level(logging.ERROR, "rawk"):
        line.work()

    [record] = [record for record in caplog.records if record.message == "message_poisonous"]
    assert record.fields["body_sha256"] == hashlib.sha256(body.encode()).hexdigest()
    assert "hunter2" not in str(record.fields)


def test_a_body_with_half_a_character_is_poison_like_any_other(line):
    line.jobs.send("half a character: \ud800")

    assert line.work() == Returned(0)
