"""Poison messages reach the dead-letter queue as fast as SQS allows, and do not delay healthy ones."""

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
def test_poison_is_dead_lettered_at_once(pipeline, body):
    pipeline.jobs.send(body)
    began_at = pipeline.clock.now()

    assert pipeline.drain() == [Returned(0)] * MAX_RECEIVES

    assert pipeline.dead_bodies() == [body]
    assert pipeline.clock.now() == began_at
    assert pipeline.transcriber.calls == []


def test_poison_does_not_delay_healthy_messages(pipeline):
    before = pipeline.record()
    for body in POISON.values():
        pipeline.jobs.send(body)
    after = pipeline.record()

    verdicts = pipeline.drain()

    assert verdicts.count(Acknowledged()) == 2
    assert {pipeline.memory(before).status, pipeline.memory(after).status} == {Status.COMPLETE}
    assert sorted(pipeline.dead_bodies()) == sorted(POISON.values())


def test_poison_is_logged_with_its_digest_and_never_with_its_body(pipeline, caplog):
    body = '{"password": "hunter2\\ud800"}'
    pipeline.jobs.send(body)

    with caplog.at_level(logging.ERROR, "rawk"):
        pipeline.work()

    [record] = [record for record in caplog.records if record.message == "message_poisonous"]
    assert record.fields["body_sha256"] == hashlib.sha256(body.encode()).hexdigest()
    assert "hunter2" not in str(record.fields)


def test_a_body_with_half_a_character_is_poison_like_any_other(pipeline):
    pipeline.jobs.send("half a character: \ud800")

    assert pipeline.work() == Returned(0)
