"""What the dead letters ask of SQS, call by call, and what they make of the answers and refusals."""

from datetime import UTC, datetime
from hashlib import md5

import pytest

from rawk.adapters.sqs.queue import SqsDeadLetters
from rawk.domain.errors import QueueUnavailable
from rawk.ports import DeadLetter
from tests.unit.adapters.conftest import REQUEST_ID

DEAD, JOBS = "https://sqs/1/dead", "https://sqs/1/jobs"
DEAD_ARN, JOBS_ARN = "arn:aws:sqs:us-east-1:1:dead", "arn:aws:sqs:us-east-1:1:jobs"
ARNS = {DEAD: DEAD_ARN, JOBS: JOBS_ARN}
COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")
LETTER = DeadLetter("m1", "h1", "größe", 4, datetime(2026, 5, 4, 10, 0, 0, 123000, tzinfo=UTC))


def message(number=1, **changes):
    whole = {
        "MessageId": f"m{number}",
        "ReceiptHandle": f"h{number}",
        "Body": "größe",
        "MD5OfBody": md5("größe".encode()).hexdigest(),
        "Attributes": {"ApproximateReceiveCount": "4", "SentTimestamp": "1777888800123"},
    }
    return {name: value for name, value in {**whole, **changes}.items() if value is not None}


def receives(sqs, number, *messages, wait_seconds=1):
    sqs.answers(
        "receive_message",
        {"Messages": [*messages]} if messages else {},
        QueueUrl=DEAD,
        MaxNumberOfMessages=number,
        VisibilityTimeout=60,
        WaitTimeSeconds=wait_seconds,
        MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
    )


def counts(sqs, visible, in_flight=0, delayed=0):
    answer = dict(zip(COUNTS, map(str, (visible, in_flight, delayed)), strict=True))
    sqs.answers("get_queue_attributes", {"Attributes": answer}, QueueUrl=DEAD, AttributeNames=COUNTS)


def made_visible(sqs, *handles, failed=()):
    """The batch call for these; those at the failed places stay invisible."""
    places = range(len(handles))
    sqs.answers(
        "change_message_visibility_batch",
        {
            "Successful": [{"Id": str(place)} for place in places if place not in failed],
            "Failed": [{"Id": str(place), "SenderFault": False, "Code": f"Code{place}"} for place in failed],
        },
        QueueUrl=DEAD,
        Entries=[
            {"Id": str(place), "ReceiptHandle": handle, "VisibilityTimeout": 0} for place, handle in enumerate(handles)
        ],
    )


def dead_letters(sqs, **options):
    return SqsDeadLetters(sqs.client, DEAD, JOBS, **options)


# reading


def test_a_received_dead_letter_has_what_sqs_says_of_it_and_is_made_visible(sqs):
    receives(sqs, 1, message())
    made_visible(sqs, "h1")
    assert dead_letters(sqs).peek(1) == [LETTER]


def test_a_peek_ends_after_an_empty_receive_when_there_are_as_many_as_sqs_counts(sqs):
    receives(sqs, 10, message(1), message(2), wait_seconds=7)
    receives(sqs, 10, wait_seconds=7)
    counts(sqs, 1, 1)
    made_visible(sqs, "h1", "h2")
    assert [each.message_id for each in dead_letters(sqs, wait_seconds=7).peek(12)] == ["m1", "m2"]


def test_a_peek_ends_after_three_empty_receives_in_a_row_whatever_sqs_counts(sqs):
    receives(sqs, 5, message(1))
    for _ in range(2):
        receives(sqs, 4)
        counts(sqs, 2)
    receives(sqs, 4, message(2))
    for _ in range(2):
        receives(sqs, 3)
        counts(sqs, 9)
    receives(sqs, 3)
    made_visible(sqs, "h1", "h2")
    assert len(dead_letters(sqs).peek(5)) == 2


def test_an_empty_queue_is_asked_three_times_if_sqs_counts_some_and_once_if_not(sqs):
    for _ in range(2):
        receives(sqs, 5)
        counts(sqs, 9)
    receives(sqs, 5)
    assert dead_letters(sqs).peek(5) == []
    receives(sqs, 5)
    counts(sqs, 0)
    assert dead_letters(sqs).peek(5) == []


def test_a_peek_ends_when_all_came_again_and_makes_each_visible_by_its_latest_handle(sqs):
    receives(sqs, 10, message(1), message(2))
    receives(sqs, 10, message(1, ReceiptHandle="h1 again"), message(2))
    receives(sqs, 10, message(2, ReceiptHandle="h2 again"))
    made_visible(sqs, "h1 again", "h2 again")
    assert [each.message_id for each in dead_letters(sqs).peek(20)] == ["m1", "m2"]


def test_a_new_dead_letter_begins_the_count_of_repeated_ones_again(sqs):
    receives(sqs, 10, message(1), message(2))
    receives(sqs, 10, message(1), message(2))
    receives(sqs, 10, message(3), message(1))
    receives(sqs, 10, message(1), message(2), message(3))
    receives(sqs, 10, message(1))
    made_visible(sqs, "h1", "h2", "h3")
    assert len(dead_letters(sqs).peek(20)) == 3


def test_only_the_failed_are_made_visible_again_ten_at_a_time_and_what_is_left_is_logged(sqs, log_lines):
    handles = [f"h{number}" for number in range(12)]
    receives(sqs, 10, *(message(number) for number in range(10)))
    receives(sqs, 2, message(10), message(11))
    made_visible(sqs, *handles[:10], failed=(3, 9))
    made_visible(sqs, *handles[10:], failed=(1,))
    made_visible(sqs, "h3", "h9", "h11", failed=(1, 2))
    assert len(dead_letters(sqs).peek(12)) == 12
    [line] = log_lines()
    assert line["event"] == "dead_letters_out_of_sight"
    assert (line["dead_letters"], line["seconds"], line["errors"]) == (2, 60, ["Code1", "Code2", "Code3", "Code9"])


NOT_IN_FLIGHT = ("MessageNotInflight", "InvalidParameterValue", "ReceiptHandleIsInvalid")


@pytest.mark.parametrize("prefix", ["", "AWS.SimpleQueueService."])
@pytest.mark.parametrize("code", NOT_IN_FLIGHT)
def test_a_dead_letter_that_is_visible_already_is_neither_tried_again_nor_logged(code, prefix, log_lines):
    """A minute after its receive it became visible by itself."""
    calls = []

    class Sqs:
        def receive_message(self, **_):
            return {"Messages": [message(1), message(2)]}

        def change_message_visibility_batch(self, **request):
            calls.append(len(request["Entries"]))
            failed = {"Id": "1", "SenderFault": True, "Code": prefix + code}
            return {"Successful": [{"Id": "0"}], "Failed": [failed]}

    SqsDeadLetters(Sqs(), DEAD, JOBS).peek(2)

    assert (calls, log_lines()) == ([2], [])


def test_a_batch_that_fails_as_a_whole_is_tried_once_more(sqs, log_lines):
    receives(sqs, 1, message())
    sqs.refuses("change_message_visibility_batch", "RequestThrottled")
    made_visible(sqs, "h1")
    dead_letters(sqs).peek(1)
    assert log_lines() == []


def test_a_batch_that_fails_twice_is_logged_with_its_error(sqs, log_lines):
    receives(sqs, 1, message())
    sqs.refuses("change_message_visibility_batch", "RequestThrottled")
    sqs.refuses("change_message_visibility_batch", "OverLimit")
    dead_letters(sqs).peek(1)
    [line] = log_lines()
    assert (line["dead_letters"], line["errors"]) == (1, ["OverLimit", "RequestThrottled"])


@pytest.mark.parametrize(
    ("answer", "left"), [({"Successful": [{"Id": "0"}]}, 0), ({}, 1), ({"Failed": [{"Id": "0", "Code": "Code0"}]}, 1)]
)
def test_an_answer_may_lack_what_there_is_none_of(answer, left, log_lines):
    """SQS leaves out empty lists, which botocore's stub does not allow."""

    class Sqs:
        def receive_message(self, **_):
            return {"Messages": [message()]}

        def change_message_visibility_batch(self, **_):
            return answer

    SqsDeadLetters(Sqs(), DEAD, JOBS).peek(1)
    lines = [(line["dead_letters"], line["errors"]) for line in log_lines()]
    assert lines == [(1, ["Code0"] if answer else [])] * left


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"MessageId": None}, "no MessageId"),
        ({"ReceiptHandle": None}, "no ReceiptHandle"),
        ({"Body": None}, "no Body"),
        ({"MD5OfBody": "0"}, "a body that does not match its digest"),
        ({"Attributes": None}, "KeyError"),
    ],
)
def test_a_message_that_lacks_something_is_no_dead_letter(sqs, changes, reason):
    receives(sqs, 1, message(**changes))
    with pytest.raises(
        QueueUnavailable, match=rf"^SQS could not receive dead letters: its answer is malformed \({reason}\)$"
    ):
        dead_letters(sqs).peek(1)


def test_a_message_without_a_digest_is_a_dead_letter(sqs):
    receives(sqs, 1, message(MD5OfBody=None))
    made_visible(sqs, "h1")
    assert dead_letters(sqs).peek(1) == [LETTER]


def test_a_page_in_place_of_an_empty_receive_is_unavailable(sqs):
    sqs._stub.add_response("receive_message", {"ResponseMetadata": {}})
    with pytest.raises(QueueUnavailable, match="no request id"):
        dead_letters(sqs).peek(1)


def test_the_count_is_of_visible_and_invisible_and_delayed_ones(sqs):
    counts(sqs, 400, 20, 3)
    assert dead_letters(sqs).count() == 423


def test_an_answer_without_a_count_is_unavailable(sqs):
    sqs.answers("get_queue_attributes", {"Attributes": {}}, QueueUrl=DEAD, AttributeNames=COUNTS)
    with pytest.raises(QueueUnavailable, match=r"^SQS could not count the dead letters: its answer is malformed"):
        dead_letters(sqs).count()


# taking


def test_taking_nothing_asks_for_nothing(sqs):
    assert list(dead_letters(sqs).take([])) == []


def test_wanted_dead_letters_are_taken_and_the_others_made_visible_at_the_end(sqs):
    receives(sqs, 10, *(message(number) for number in range(4)))
    made_visible(sqs, "h0", "h2")
    assert [each.message_id for each in dead_letters(sqs).take(["m1", "m3"])] == ["m1", "m3"]


def test_what_is_wanted_and_never_comes_is_given_up_after_three_empty_receives(sqs):
    receives(sqs, 10, message(1), message(2))
    for _ in range(3):
        receives(sqs, 10)
    made_visible(sqs, "h2")
    assert [each.message_id for each in dead_letters(sqs).take(["m1", "gone"])] == ["m1"]


def test_a_dead_letter_whose_taker_stops_is_made_visible(sqs):
    receives(sqs, 10, message(1), message(2))
    made_visible(sqs, "h1", "h2")
    taken = dead_letters(sqs).take(["m1", "m2"])
    assert next(taken).message_id == "m1"
    taken.close()


# moving and removing


def removed(sqs):
    sqs.answers("delete_message", REQUEST_ID, QueueUrl=DEAD, ReceiptHandle="h1")


def test_a_moved_dead_letter_is_sent_and_then_removed(sqs):
    sent = {"MessageId": "9", "MD5OfMessageBody": md5("größe".encode()).hexdigest()}
    sqs.answers("send_message", sent, QueueUrl=JOBS, MessageBody="größe")
    removed(sqs)
    dead_letters(sqs).move(LETTER)


def test_a_dead_letter_that_was_not_sent_is_not_removed(sqs):
    sqs.refuses("send_message", "RequestThrottled")
    with pytest.raises(QueueUnavailable, match=r"^SQS could not send a dead letter back: RequestThrottled$"):
        dead_letters(sqs).move(LETTER)


def test_a_dead_letter_that_was_sent_as_another_is_not_removed(sqs):
    other = {"MessageId": "9", "MD5OfMessageBody": md5(b"other").hexdigest()}
    sqs.answers("send_message", other, QueueUrl=JOBS, MessageBody="größe")
    with pytest.raises(QueueUnavailable, match="another body than was sent"):
        dead_letters(sqs).move(LETTER)


def test_a_dead_letter_is_removed_by_its_handle(sqs):
    removed(sqs)
    dead_letters(sqs).remove(LETTER)


def test_an_answer_without_a_request_id_removes_nothing(sqs):
    sqs.answers("delete_message", {"ResponseMetadata": {}}, QueueUrl=DEAD, ReceiptHandle="h1")
    with pytest.raises(QueueUnavailable, match=r"^SQS could not remove a dead letter: .*no request id"):
        dead_letters(sqs).remove(LETTER)


def arns(sqs):
    for url, arn in ARNS.items():
        answer = {"Attributes": {"QueueArn": arn}}
        sqs.answers("get_queue_attributes", answer, QueueUrl=url, AttributeNames=["QueueArn"])


@pytest.mark.parametrize(("rate", "asked"), [(None, {}), (7, {"MaxNumberOfMessagesPerSecond": 7})])
def test_all_dead_letters_are_moved_by_a_task_of_sqs(sqs, rate, asked):
    arns(sqs)
    task = {"SourceArn": DEAD_ARN, "DestinationArn": JOBS_ARN, **asked}
    sqs.answers("start_message_move_task", {"TaskHandle": "t"}, **task)
    dead_letters(sqs).move_all(rate)


def test_an_answer_without_a_task_moves_nothing(sqs):
    arns(sqs)
    sqs.answers("start_message_move_task", {}, SourceArn=DEAD_ARN, DestinationArn=JOBS_ARN)
    with pytest.raises(QueueUnavailable, match=r"^SQS could not start moving dead letters: .*no TaskHandle"):
        dead_letters(sqs).move_all(None)


def test_an_answer_without_a_queues_arn_moves_nothing(sqs):
    sqs.answers("get_queue_attributes", {"Attributes": {}}, QueueUrl=DEAD, AttributeNames=["QueueArn"])
    with pytest.raises(QueueUnavailable, match=r"^SQS could not start moving dead letters: .*no QueueArn"):
        dead_letters(sqs).move_all(None)


def test_a_rate_that_sqs_does_not_take_is_not_asked_for(sqs):
    with pytest.raises(ValueError, match="not 501"):
        dead_letters(sqs).move_all(501)


@pytest.mark.parametrize(
    ("tasks", "moving"),
    [
        ({}, False),
        ({"Results": []}, False),
        ({"Results": [{}]}, False),
        ({"Results": [{"Status": "COMPLETED"}]}, False),
        ({"Results": [{"Status": "RUNNING"}]}, True),
    ],
)
def test_a_refused_task_is_no_failure_while_another_one_runs(sqs, tasks, moving):
    arns(sqs)
    sqs.refuses("start_message_move_task", "UnsupportedOperation")
    sqs.answers("list_message_move_tasks", tasks, SourceArn=DEAD_ARN, MaxResults=1)
    if moving:
        dead_letters(sqs).move_all(None)
        return
    with pytest.raises(QueueUnavailable, match=r"^SQS could not start moving dead letters: UnsupportedOperation$"):
        dead_letters(sqs).move_all(None)
