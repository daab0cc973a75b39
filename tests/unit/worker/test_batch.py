"""One SQS event in, one partial batch response out: a message does not affect the others."""

import logging
from datetime import timedelta

import pytest

from rawk.adapters.openai.in_memory import transcript_of
from rawk.domain.errors import (
    AIMisconfigured,
    AIRateLimited,
    AITransient,
    AudioMissing,
    DatabaseUnavailable,
    LeaseLost,
    PoisonMessage,
    QueueUnavailable,
)
from rawk.domain.memory import Status
from rawk.worker.batch import Worker
from tests.unit.use_cases.pipeline import VISIBILITY_SECONDS, Killed, Pipeline
from tests.unit.worker.sqs_events import Context, event, failures


@pytest.fixture
def pipeline():
    return Pipeline()


@pytest.fixture
def worker(pipeline):
    return Worker(pipeline.processing, pipeline.queue, pipeline.clock)


def visible_in(pipeline, message_id):
    [message] = [message for message in pipeline.jobs.messages() if message.message_id == message_id]
    return message.visible_at - pipeline.clock.now()


def test_a_message_that_is_done_is_not_among_the_failures(pipeline, worker):
    memory_id = pipeline.record()

    assert worker.process_batch(event(pipeline.receive()), Context()) == {"batchItemFailures": []}
    assert pipeline.memory(memory_id).status is Status.COMPLETE


def test_a_returned_message_is_invisible_for_its_gap(pipeline, worker):
    pipeline.record()
    pipeline.transcriber.failures = [AIRateLimited("slow down", retry_after_seconds=5000)]
    delivery = pipeline.receive()

    assert failures(worker.process_batch(event(delivery), Context())) == [delivery.message_id]
    assert visible_in(pipeline, delivery.message_id) == timedelta(seconds=5000)


def test_poison_is_visible_again_at_once(pipeline, worker):
    pipeline.jobs.send("poison")
    delivery = pipeline.receive()

    assert failures(worker.process_batch(event(delivery), Context())) == [delivery.message_id]
    assert visible_in(pipeline, delivery.message_id) == timedelta(0)


def test_of_several_messages_only_the_returned_ones_are_kept(pipeline, worker):
    before = pipeline.record()
    pipeline.jobs.send("poison")
    after = pipeline.record()
    deliveries = [pipeline.receive() for _ in range(3)]

    response = worker.process_batch(event(*deliveries), Context())

    assert failures(response) == [deliveries[1].message_id]
    assert {pipeline.memory(before).status, pipeline.memory(after).status} == {Status.COMPLETE}


def test_a_batch_of_returned_messages_is_an_ordinary_response(pipeline, worker):
    for _ in range(3):
        pipeline.jobs.send("poison")
    deliveries = [pipeline.receive() for _ in range(3)]

    response = worker.process_batch(event(*deliveries), Context())

    assert failures(response) == [delivery.message_id for delivery in deliveries]


def test_a_visibility_timeout_that_cannot_be_changed_stays_the_queues_own(pipeline, worker, log_lines):
    pipeline.record()
    pipeline.transcriber.failures = [AIMisconfigured("OpenAI answered 401")]
    pipeline.faults.add("queue.postpone", QueueUnavailable("SQS does not answer"))
    delivery = pipeline.receive()

    assert failures(worker.process_batch(event(delivery), Context())) == [delivery.message_id]
    assert visible_in(pipeline, delivery.message_id) == timedelta(seconds=VISIBILITY_SECONDS)
    assert "visibility_timeout_unchanged" in [entry["event"] for entry in log_lines()]


def test_an_unexpected_error_in_one_message_does_not_affect_the_others(pipeline, worker, caplog):
    broken, healthy = pipeline.record(), pipeline.record()
    pipeline.faults.add("transcriber.transcribe", ZeroDivisionError("a bug of ours"))
    deliveries = [pipeline.receive(), pipeline.receive()]

    with caplog.at_level(logging.ERROR, "rawk"):
        response = worker.process_batch(event(*deliveries), Context())

    assert failures(response) == [deliveries[0].message_id]
    assert pipeline.memory(healthy).status is Status.COMPLETE
    assert pipeline.memory(broken).status is Status.PROCESSING
    assert [(record.message, record.exc_info[0]) for record in caplog.records] == [("job_crashed", ZeroDivisionError)]


def test_a_worker_that_dies_answers_nothing(pipeline, worker):
    pipeline.record()
    pipeline.faults.add("transcriber.transcribe", Killed())

    with pytest.raises(Killed):
        worker.process_batch(event(pipeline.receive()), Context())


def test_the_deadline_is_lambdas(pipeline, worker):
    pipeline.record()
    delivery = pipeline.receive()

    response = worker.process_batch(event(delivery), Context(remaining_milliseconds=2_000))

    assert failures(response) == [delivery.message_id]
    assert pipeline.transcriber.calls == []


def test_a_batch_shares_one_deadline(pipeline, worker):
    pipeline.record()
    pipeline.record()
    deliveries = [pipeline.receive(), pipeline.receive()]
    pipeline.transcriber.meanwhile = [lambda: pipeline.clock.sleep(290)]

    worker.process_batch(event(*deliveries), Context())

    assert [call.timeout_seconds for call in pipeline.transcriber.calls] == [60, pytest.approx(300 - 290 - 1.5)]


def without_a_receive_count(record):
    del record["attributes"]["ApproximateReceiveCount"]


def without_attributes(record):
    del record["attributes"]


def without_a_body(record):
    del record["body"]


def with_a_receive_count_in_words(record):
    record["attributes"]["ApproximateReceiveCount"] = "twice"


@pytest.mark.parametrize(
    "damage", [without_a_receive_count, without_attributes, without_a_body, with_a_receive_count_in_words]
)
def test_a_damaged_record_is_kept_and_the_others_are_processed(pipeline, worker, log_lines, damage):
    damaged, healthy = pipeline.record(), pipeline.record()
    deliveries = [pipeline.receive(), pipeline.receive()]
    broken = event(*deliveries)
    damage(broken["Records"][0])

    assert failures(worker.process_batch(broken, Context())) == [deliveries[0].message_id]
    assert pipeline.memory(damaged).status is Status.QUEUED
    assert pipeline.memory(healthy).status is Status.COMPLETE
    assert "job_crashed" in [entry["event"] for entry in log_lines()]


@pytest.mark.parametrize("source", ["aws:kinesis", "SQS", None])
def test_a_record_of_another_source_is_an_error_and_nothing_is_processed(pipeline, worker, source):
    memory_id = pipeline.record()
    strange = event(pipeline.receive())
    strange["Records"].append({**strange["Records"][0], "eventSource": source})

    with pytest.raises(ValueError, match="not from SQS"):
        worker.process_batch(strange, Context())
    assert pipeline.memory(memory_id).status is Status.QUEUED


@pytest.mark.parametrize("strange", [{}, {"Records": []}, {"version": "0", "detail-type": "Scheduled Event"}])
def test_an_event_that_is_not_from_sqs_is_an_error(worker, strange):
    with pytest.raises(ValueError, match="not from SQS"):
        worker.process_batch(strange, Context())


def test_an_error_after_the_job_returns_its_message(pipeline, worker, log_lines):
    pipeline.record()
    pipeline.transcriber.failures = [AIRateLimited("slow down", retry_after_seconds=5000)]
    pipeline.faults.add("queue.postpone", ZeroDivisionError("a bug of ours"))
    delivery = pipeline.receive()

    assert failures(worker.process_batch(event(delivery), Context())) == [delivery.message_id]
    assert "job_crashed" in [entry["event"] for entry in log_lines()]


def test_log_lines_have_the_ids_of_message_memory_and_request(pipeline, worker, log_lines):
    memory_id = pipeline.record()
    delivery = pipeline.receive()

    worker.process_batch(event(delivery), Context())

    lines = log_lines()
    assert [entry["event"] for entry in lines] == ["job_claimed", "transcript_saved", "analysis_saved", "job_ended"]
    for entry in lines:
        assert entry["request_id"] == "request-1"
        assert entry["message_id"] == delivery.message_id
        assert entry["memory_id"] == memory_id
        assert entry["correlation_id"] == "corr-1"


@pytest.mark.parametrize(
    ("point", "error", "event_name"),
    [
        ("memories.claim", DatabaseUnavailable("no answer"), "job_returned"),
        ("memories.claim", ZeroDivisionError("a bug of ours"), "job_crashed"),
        ("memories.claim", PoisonMessage("there is no such memory"), "message_poisonous"),
        ("queue.postpone", QueueUnavailable("no answer"), "visibility_timeout_unchanged"),
        ("audio.fetch", AudioMissing("gone"), "memory_failed"),
        ("memories.save_transcript", LeaseLost("taken over"), "lease_lost"),
    ],
    ids=str,
)
def test_every_line_about_a_job_names_its_memory_whatever_fails(pipeline, worker, log_lines, point, error, event_name):
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [AITransient("no answer")] * 5 if point == "queue.postpone" else []
    for _ in range(5 if event_name == "job_returned" else 1):
        pipeline.faults.add(point, error)

    worker.process_batch(event(pipeline.receive()), Context())

    lines = log_lines()
    assert event_name in [entry["event"] for entry in lines]
    assert {(entry.get("memory_id"), entry.get("correlation_id")) for entry in lines} == {(memory_id, "corr-1")}


@pytest.mark.parametrize("body", ["poison", "[]", '{"version": 1}', "", '{"version": 2, "memory_id": "m"}'])
def test_a_line_about_a_message_that_is_no_job_names_the_message_alone(pipeline, worker, log_lines, body):
    pipeline.jobs.send(body)
    delivery = pipeline.receive()

    worker.process_batch(event(delivery), Context())

    lines = log_lines()
    assert {entry["message_id"] for entry in lines} == {delivery.message_id}
    assert not any("memory_id" in entry for entry in lines)


def test_the_last_line_about_a_delivery_says_how_long_it_took(pipeline, worker, log_lines):
    pipeline.record()
    pipeline.transcriber.meanwhile = [lambda: pipeline.clock.sleep(2.5)]

    worker.process_batch(event(pipeline.receive()), Context())

    assert (log_lines()[-1]["event"], log_lines()[-1]["milliseconds"]) == ("job_ended", 2500.0)


def test_no_log_line_contains_a_transcript(pipeline, worker, log_lines):
    pipeline.record()
    transcript = transcript_of(b"RIFF....WAVE")
    # As a bug could: a foreign error with the transcript in its text.
    pipeline.faults.add("memories.save_analysis", ValueError(f"invalid input for query: {transcript}"))

    worker.process_batch(event(pipeline.receive()), Context())

    lines = log_lines()
    assert "job_crashed" in [entry["event"] for entry in lines]
    assert transcript not in str(lines)
