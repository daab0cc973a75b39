"""What the jobs queue asks of SQS, and what it makes of the answers and refusals."""

import hashlib
from hashlib import md5

import pytest

from rawk.adapters.sqs.bounded import BoundedJobQueue
from rawk.adapters.sqs.limits import MAX_MOVES_PER_SECOND, require_rate, require_visibility
from rawk.adapters.sqs.queue import SqsJobQueue
from rawk.domain.errors import QueueUnavailable
from rawk.domain.messages import Job, encode
from rawk.ports import Delivery
from tests.unit.adapters.conftest import REQUEST_ID

JOBS = "https://sqs/1/jobs"
JOB = Job("m-ü", "c1")
BODY = encode(JOB)
DELIVERY = Delivery("m1", "handle-1", "{}", 1)
POSTPONED = {"QueueUrl": JOBS, "ReceiptHandle": "handle-1", "VisibilityTimeout": 77}


def digest(body):
    return md5(body.encode()).hexdigest()


@pytest.mark.parametrize("adapter", [SqsJobQueue, BoundedJobQueue])
def test_a_job_is_sent_to_the_jobs_queue(sqs, adapter):
    sqs.answers("send_message", {"MessageId": "1", "MD5OfMessageBody": digest(BODY)}, QueueUrl=JOBS, MessageBody=BODY)
    adapter(sqs.client, JOBS).send(JOB)


def test_a_job_is_sent_where_md5_is_allowed_for_other_purposes_than_security_only(sqs, monkeypatch):
    """A Python in FIPS mode (docs.python.org, hashlib, `usedforsecurity`)."""

    def fips(data, *, usedforsecurity=True):
        if usedforsecurity:
            raise ValueError("disabled for FIPS")
        return md5(data, usedforsecurity=False)

    sqs.answers("send_message", {"MessageId": "1", "MD5OfMessageBody": digest(BODY)}, QueueUrl=JOBS, MessageBody=BODY)
    monkeypatch.setattr(hashlib, "md5", fips)
    SqsJobQueue(sqs.client, JOBS).send(JOB)


@pytest.mark.parametrize("adapter", [SqsJobQueue, BoundedJobQueue])
def test_a_refused_send_says_what_was_tried_and_why_not(sqs, adapter):
    sqs.refuses("send_message", "RequestThrottled")
    with pytest.raises(QueueUnavailable, match=r"^SQS could not send a job: RequestThrottled$"):
        adapter(sqs.client, JOBS).send(JOB)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"MD5OfMessageBody": digest(BODY)}, "no MessageId"),
        ({"MessageId": "1"}, "no MD5OfMessageBody"),
        ({"MessageId": "1", "MD5OfMessageBody": digest("another")}, "another body than was sent"),
    ],
)
def test_an_answer_that_confirms_no_message_is_no_send(sqs, answer, reason):
    sqs.answers("send_message", answer, QueueUrl=JOBS, MessageBody=BODY)
    with pytest.raises(QueueUnavailable, match=rf"^SQS could not send a job: its answer is malformed \({reason}\)$"):
        SqsJobQueue(sqs.client, JOBS).send(JOB)


def test_a_postponed_message_gets_a_visibility_timeout(sqs):
    sqs.answers("change_message_visibility", REQUEST_ID, **POSTPONED)
    SqsJobQueue(sqs.client, JOBS).postpone(DELIVERY, 77)


@pytest.mark.parametrize("code", ["InvalidParameterValue", "MessageNotInflight", "ReceiptHandleIsInvalid"])
def test_postponing_what_is_not_in_flight_does_nothing(sqs, code):
    sqs.refuses("change_message_visibility", code, **POSTPONED)
    SqsJobQueue(sqs.client, JOBS).postpone(DELIVERY, 77)


def test_another_refusal_to_postpone_is_raised(sqs):
    sqs.refuses("change_message_visibility", "RequestThrottled", **POSTPONED)
    with pytest.raises(QueueUnavailable, match=r"^SQS could not postpone a job: RequestThrottled$"):
        SqsJobQueue(sqs.client, JOBS).postpone(DELIVERY, 77)


def test_an_answer_without_a_request_id_postpones_nothing(sqs):
    sqs.answers("change_message_visibility", {"ResponseMetadata": {}}, **POSTPONED)
    with pytest.raises(QueueUnavailable, match=r"postpone a job: its answer is malformed \(no request id\)$"):
        SqsJobQueue(sqs.client, JOBS).postpone(DELIVERY, 77)


def test_a_wrong_visibility_timeout_is_not_asked_for(sqs):
    with pytest.raises(ValueError, match="not 43201"):
        SqsJobQueue(sqs.client, JOBS).postpone(DELIVERY, 43_201)


def test_a_wrong_queue_is_logged_as_a_misconfiguration(sqs, log_lines):
    sqs.refuses("send_message", "AWS.SimpleQueueService.NonExistentQueue")
    with pytest.raises(QueueUnavailable):
        SqsJobQueue(sqs.client, JOBS).send(JOB)
    [line] = log_lines()
    assert (line["event"], line["doing"]) == ("queue_misconfigured", "send a job")


def test_a_closed_queue_sends_nothing(sqs):
    queue = BoundedJobQueue(sqs.client, JOBS)
    queue.close()
    with pytest.raises(RuntimeError, match="shutdown"):
        queue.send(JOB)


def test_the_threads_of_the_sends_have_a_name_of_their_own(sqs):
    queue = BoundedJobQueue(sqs.client, JOBS)
    sqs.answers("send_message", {"MessageId": "1", "MD5OfMessageBody": digest(BODY)}, QueueUrl=JOBS, MessageBody=BODY)
    queue.send(JOB)
    assert [thread.name for thread in queue._sends._threads._threads] == ["send_0"]
    queue.close()


# SQS's limits


@pytest.mark.parametrize("seconds", [0, 1, 43_200])
def test_a_visibility_timeout_of_up_to_twelve_hours_is_allowed(seconds):
    require_visibility(seconds)


@pytest.mark.parametrize("seconds", [-1, 43_201])
def test_other_visibility_timeouts_are_refused(seconds):
    with pytest.raises(ValueError, match=f"^a visibility timeout must be 0 to 43200 seconds, not {seconds}$"):
        require_visibility(seconds)


@pytest.mark.parametrize("rate", [None, 1, 2, 500])
def test_up_to_500_dead_letters_a_second_can_be_moved(rate):
    require_rate(rate)
    assert MAX_MOVES_PER_SECOND == 500


@pytest.mark.parametrize("rate", [-1, 0, 501])
def test_other_rates_are_refused(rate):
    with pytest.raises(ValueError, match=f"^dead letters can be moved at 1 to 500 a second, not {rate}$"):
        require_rate(rate)
