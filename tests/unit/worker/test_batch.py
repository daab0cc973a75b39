"""One SQS event in, one partial batch response out: what happens to a message disturbs no other."""

import logging
from datetime import timedelta

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import UnexpectedBatchTypeError

from rawk.adapters.openai.in_memory import transcript_of
from rawk.domain.errors import AIMisconfigured, AIRateLimited, QueueUnavailable
from rawk.domain.memory import Status
from rawk.worker.batch import Worker
from tests.unit.use_cases.pipeline import VISIBILITY_SECONDS, Killed, Line
from tests.unit.worker.sqs_events import Context, event, failures


@pytest.fixture
def line():
    return Line()


@pytest.fixture
def worker(line):
    return Worker(line.processing, line.queue, line.clock)


def visible_in(line, message_id):
    [message] = [message for message in line.jobs.messages() if message.message_id == message_id]
    return message.visible_at - line.clock.now()


def test_a_message_that_is_done_is_not_among_the_failures(line, worker):
    memory_id = line.record()

    assert worker.process_batch(event(line.receive()), Context()) == {"batchItemFailures": []}
    assert line.memory(memory_id).status is Status.COMPLETE


def test_a_message_that_is_not_done_is_kept_out_of_sight_for_its_gap(line, worker):
    line.record()
    line.transcriber.failures = [AIRateLimited("slow down", retry_after_seconds=5000)]
    delivery = line.receive()

    assert failures(worker.process_batch(event(delivery), Context())) == [delivery.message_id]
    assert visible_in(line, delivery.message_id) == timedelta(seconds=5000)


def test_poison_is_visible_again_at_once(line, worker):
    line.jobs.send("poison")
    delivery = line.receive()

    assert failures(worker.process_batch(event(delivery), Context())) == [delivery.message_id]
    assert visible_in(line, delivery.message_id) == timedelta(0)


def test_of_several_messages_only_those_not_done_are_kept(line, worker):
    before = line.record()
    line.jobs.send("poison")
    after = line.record()
    deliveries = [line.receive() for _ in range(3)]

    response = worker.process_batch(event(*deliveries), Context())

    assert failures(response) == [deliveries[1].message_id]
    assert {line.memory(before).status, line.memory(after).status} == {Status.COMPLETE}


def test_a_batch_in_which_nothing_is_done_is_an_ordinary_answer(line, worker):
    for _ in range(3):
        line.jobs.send("poison")
    deliveries = [line.receive() for _ in range(3)]

    response = worker.process_batch(event(*deliveries), Context())

    assert failures(response) == [delivery.message_id for delivery in deliveries]


def test_a_visibility_timeout_that_can_not_be_changed_stays_the_queues_own(line, worker, log_lines):
    line.record()
    line.transcriber.failures = [AIMisconfigured("OpenAI answered 401")]
    line.faults.add("queue.postpone", QueueUnavailable("SQS does not answer"))
    delivery = line.receive()

    assert failures(worker.process_batch(event(delivery), Context())) == [delivery.message_id]
    assert visible_in(line, delivery.message_id) == timedelta(seconds=VISIBILITY_SECONDS)
    assert "visibility_timeout_unchanged" in [entry["event"] for entry in log_lines()]


def test_an_unexpected_error_in_one_message_does_not_disturb_the_others(line, worker, caplog):
    broken, healthy = line.record(), line.record()
    line.faults.add("transcriber.transcribe", ZeroDivisionError("a bug of ours"))
    deliveries = [line.receive(), line.receive()]

    with caplog.at_level(logging.ERROR, "rawk"):
        response = worker.process_batch(event(*deliveries), Context())

    assert failures(response) == [deliveries[0].message_id]
    assert line.memory(healthy).status is Status.COMPLETE
    assert line.memory(broken).status is Status.PROCESSING
    assert [(record.message, record.exc_info[0]) for record in caplog.records] == [("job_crashed", ZeroDivisionError)]


def test_a_worker_that_dies_answers_nothing(line, worker):
    line.record()
    line.faults.add("transcriber.transcribe", Killed())

    with pytest.raises(Killed):
        worker.process_batch(event(line.receive()), Context())


def test_the_deadline_is_lambdas(line, worker):
    line.record()
    delivery = line.receive()

    response = worker.process_batch(event(delivery), Context(remaining_milliseconds=2_000))

    assert failures(response) == [delivery.message_id]
    assert line.transcriber.calls == []


def test_a_batch_shares_one_deadline(line, worker):
    line.record()
    line.record()
    deliveries = [line.receive(), line.receive()]
    line.transcriber.meanwhile = [lambda: line.clock.sleep(290)]

    worker.process_batch(event(*deliveries), Context())

    assert [call.timeout_seconds for call in line.transcriber.calls] == [60, pytest.approx(300 - 290 - 1.5)]


def test_a_record_without_a_receive_count_is_kept(line, worker):
    line.record()
    delivery = line.receive()
    broken = event(delivery)
    del broken["Records"][0]["attributes"]["ApproximateReceiveCount"]

    assert failures(worker.process_batch(broken, Context())) == [delivery.message_id]


@pytest.mark.parametrize("strange", [{}, {"Records": []}, {"version": "0", "detail-type": "Scheduled Event"}])
def test_what_is_no_sqs_event_is_refused_loudly(worker, strange):
    with pytest.raises(UnexpectedBatchTypeError):
        worker.process_batch(strange, Context())


def test_log_lines_carry_what_is_needed_to_follow_a_message(line, worker, log_lines):
    memory_id = line.record()
    delivery = line.receive()

    worker.process_batch(event(delivery), Context())

    lines = log_lines()
    assert [entry["event"] for entry in lines] == ["job_claimed", "transcript_saved", "analysis_saved"]
    for entry in lines:
        assert entry["request_id"] == "request-1"
        assert entry["message_id"] == delivery.message_id
        assert entry["memory_id"] == memory_id
        assert entry["correlation_id"] == "corr-1"


def test_no_log_line_holds_a_transcript(line, worker, log_lines):
    line.record()
    transcript = transcript_of(b"RIFF....WAVE")
    # As a bug could do it: an error of somebody else's, with the transcript in its text.
    line.faults.add("memories.save_analysis", ValueError(f"invalid input for query: {transcript}"))

    worker.process_batch(event(line.receive()), Context())

    lines = log_lines()
    assert "job_crashed" in [entry["event"] for entry in lines]
    assert transcript not in str(lines)
