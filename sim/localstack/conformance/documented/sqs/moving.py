"""Message move tasks, and how old dead letters are."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sim.localstack.conformance.documented.registry import Checks, expect, expect_error
from sim.localstack.conformance.documented.sqs.fixtures import (
    API,
    GUIDE,
    attribute,
    pair,
    queue,
    receive,
    receive_one,
    redrive_policy,
    send,
)
from sim.localstack.conformance.target import NotConformant, Target

SQS = Checks("SQS", API)

START = "API_StartMessageMoveTask.html"
CANCEL = "API_CancelMessageMoveTask.html"
LIST = "API_ListMessageMoveTasks.html"
REDRIVE = f"{GUIDE}sqs-configure-dead-letter-queue-redrive.html"
PROBLEMS = f"{GUIDE}troubleshooting-dlq-redrive.html"
RETENTION = f"{GUIDE}setting-up-dead-letter-queue-retention.html"


# ---- what is refused ----


def _start(**request: Any) -> Callable[[Target], None]:
    """Start a task of a dead-letter queue; a value that can be called is called with the queue's ARN."""

    def call(target: Target) -> None:
        with pair(target) as (_, dead_letters):
            arn = target.arn_of(dead_letters)
            given = {name: value(arn) if callable(value) else value for name, value in request.items()}
            target.sqs.start_message_move_task(**{"SourceArn": arn, **given})

    return call


for rate in (0, -1, 501):
    SQS.refuses(
        "InvalidParameterValue", f"A task of {rate} messages a second", START, _start(MaxNumberOfMessagesPerSecond=rate)
    )
for rate in (1, 500):
    SQS.accepts(f"A task of {rate} messages a second", START, _start(MaxNumberOfMessagesPerSecond=rate))
for title, parameter, value, code in (
    ("from a queue that does not exist", "SourceArn", lambda arn: f"{arn}-not", "ResourceNotFoundException"),
    ("to a queue that does not exist", "DestinationArn", lambda arn: f"{arn}-not", "ResourceNotFoundException"),
    ("from a name in place of an ARN", "SourceArn", "dead-letters", "InvalidParameterValue"),
    ("from an empty ARN", "SourceArn", "", "InvalidParameterValue"),
    ("to a name in place of an ARN", "DestinationArn", "jobs", "InvalidParameterValue"),
    ("to the queue itself", "DestinationArn", lambda arn: arn, "InvalidParameterValue"),
):
    SQS.refuses(code, f"A task {title}", START, _start(**{parameter: value}))


@SQS.check("A task from a queue that is no dead-letter queue is refused: InvalidParameterValue", START)
def source_is_no_dead_letter_queue(target: Target) -> None:
    with pair(target) as (jobs, _):
        expect_error("InvalidParameterValue", lambda: target.sqs.start_message_move_task(SourceArn=target.arn_of(jobs)))


@SQS.check("A task from a standard queue to a FIFO queue is refused: InvalidParameterValue", START)
def types_differ(target: Target) -> None:
    with pair(target) as (_, dead_letters), queue(target, fifo=True) as other:
        arns = {"SourceArn": target.arn_of(dead_letters), "DestinationArn": target.arn_of(other)}
        expect_error("InvalidParameterValue", lambda: target.sqs.start_message_move_task(**arns))


@contextmanager
def _slow_task(target: Target) -> Iterator[tuple[str, str, str]]:
    """ARN of a dead-letter queue, handle of a task that runs for seconds, and URL of the task's destination."""
    with pair(target) as (_, dead_letters), queue(target) as destination:
        for _ in range(5):
            send(target, dead_letters)
        arn = target.arn_of(dead_letters)
        handle = target.sqs.start_message_move_task(
            SourceArn=arn, DestinationArn=target.arn_of(destination), MaxNumberOfMessagesPerSecond=1
        )["TaskHandle"]
        yield arn, handle, destination


def _tasks(target: Target, arn: str, count: int = 1) -> list[dict[str, Any]]:
    return list(target.sqs.list_message_move_tasks(SourceArn=arn, MaxResults=count).get("Results", []))


def _finished(target: Target, arn: str) -> dict[str, Any]:
    """The latest task, once it has ended."""
    if not target.wait_until(lambda: _tasks(target, arn)[0]["Status"] not in ("RUNNING", "CANCELLING")):
        raise NotConformant("the task does not end")
    return _tasks(target, arn)[0]


@SQS.check("A queue has one running task at a time: InvalidParameterValue", START)
def one_task_at_a_time(target: Target) -> None:
    with _slow_task(target) as (arn, _, _):
        expect_error("InvalidParameterValue", lambda: target.sqs.start_message_move_task(SourceArn=arn))


@SQS.check("A running task has a handle, its rate, and the number of messages to move", LIST)
def running_task(target: Target) -> None:
    with _slow_task(target) as (arn, handle, destination):
        (task,) = _tasks(target, arn)
        expect("the status", task["Status"], "RUNNING")
        expect("the handle", task.get("TaskHandle"), handle)
        expect("the rate", task.get("MaxNumberOfMessagesPerSecond"), 1)
        expect("the number to move", task.get("ApproximateNumberOfMessagesToMove"), 5)
        expect("the destination", task.get("DestinationArn"), target.arn_of(destination))


@SQS.check("A cancelled task leaves the messages that it has not moved yet, and what it moved", CANCEL)
def cancelled_task(target: Target) -> None:
    with _slow_task(target) as (arn, handle, destination):
        target.sqs.cancel_message_move_task(TaskHandle=handle)
        task = _finished(target, arn)
        expect("the status", task["Status"], "CANCELLED")
        expect("the handle", task.get("TaskHandle"), None)
        moved = int(attribute(target, destination, "ApproximateNumberOfMessages") or 0)
        expect("the number moved", task["ApproximateNumberOfMessagesMoved"], moved)
        if moved == 5:
            raise NotConformant("all messages were moved")


@SQS.check("A task that has ended cannot be cancelled: ResourceNotFoundException", CANCEL)
def cancel_ended(target: Target) -> None:
    with pair(target) as (_, dead_letters):
        arn = target.arn_of(dead_letters)
        handle = target.sqs.start_message_move_task(SourceArn=arn)["TaskHandle"]
        expect("the status", _finished(target, arn)["Status"], "COMPLETED")
        expect_error("ResourceNotFoundException", lambda: target.sqs.cancel_message_move_task(TaskHandle=handle))
        expect("the status after", _tasks(target, arn)[0]["Status"], "COMPLETED")


SQS.refuses(
    "InvalidParameterValue",
    "CancelMessageMoveTask with a handle that is none",
    CANCEL,
    lambda target: target.sqs.cancel_message_move_task(TaskHandle="none"),
)


@SQS.check("CancelMessageMoveTask of an unknown task is refused: ResourceNotFoundException", CANCEL)
def cancel_unknown(target: Target) -> None:
    with pair(target) as (_, dead_letters):
        made = json.dumps({"taskId": "none", "sourceArn": target.arn_of(dead_letters)}).encode()
        handle = base64.b64encode(made).decode()
        expect_error("ResourceNotFoundException", lambda: target.sqs.cancel_message_move_task(TaskHandle=handle))


for count in (0, 11, -1):

    def _list_many(target: Target, count: int = count) -> None:
        with pair(target) as (_, dead_letters):
            _tasks(target, target.arn_of(dead_letters), count)

    SQS.refuses("InvalidParameterValue", f"ListMessageMoveTasks with MaxResults={count}", LIST, _list_many)
SQS.refuses(
    "InvalidParameterValue",
    "ListMessageMoveTasks of a name in place of an ARN",
    LIST,
    lambda target: _tasks(target, "dead-letters"),
)
SQS.refuses(
    "ResourceNotFoundException",
    "ListMessageMoveTasks of a queue that does not exist",
    LIST,
    lambda target: _tasks(target, f"arn:aws:sqs:us-east-1:{target.account}:{target.new_name()}"),
)


@SQS.check("ListMessageMoveTasks returns the latest task, and up to ten when it is asked for them", LIST)
def latest_tasks(target: Target) -> None:
    with pair(target) as (_, dead_letters):
        arn = target.arn_of(dead_letters)
        for rate in (10, 20, 30):
            target.sqs.start_message_move_task(SourceArn=arn, MaxNumberOfMessagesPerSecond=rate)
            _finished(target, arn)
        by_default = target.sqs.list_message_move_tasks(SourceArn=arn)["Results"]
        expect("by default", [each["MaxNumberOfMessagesPerSecond"] for each in by_default], [30])
        all_rates = [each["MaxNumberOfMessagesPerSecond"] for each in _tasks(target, arn, 10)]
        expect("up to ten", all_rates, [30, 20, 10])


# ---- what is moved ----


def _dead_letter(target: Target, jobs: str, dead_letters: str, body: str = "a message", **more: Any) -> str:
    """Send a message to a queue with a maximum receive count of 1 and no visibility timeout; it dies. Gives its id."""
    sent = send(target, jobs, body, **more)
    receive_one(target, jobs)
    receive(target, jobs, WaitTimeSeconds=1)
    if not target.wait_until(lambda: attribute(target, dead_letters, "ApproximateNumberOfMessages") != "0"):
        raise NotConformant("the message is no dead letter")
    return str(sent["MessageId"])


@SQS.check("A redriven message is new: its id, its receive count and its sent time", REDRIVE)
def redriven_is_new(target: Target) -> None:
    with pair(target, VisibilityTimeout="0") as (jobs, dead_letters):
        words = {"language": {"DataType": "String", "StringValue": "en"}}
        old_id = _dead_letter(target, jobs, dead_letters, "the body", MessageAttributes=words)
        arn = target.arn_of(dead_letters)
        target.sqs.start_message_move_task(SourceArn=arn)
        task = _finished(target, arn)
        expect("the outcome", (task["Status"], task["ApproximateNumberOfMessagesMoved"]), ("COMPLETED", 1))
        redriven = receive_one(target, jobs, MessageAttributeNames=["All"])
        expect("the body", redriven["Body"], "the body")
        expect("the attributes", redriven["MessageAttributes"], words)
        expect("the receive count", redriven["Attributes"]["ApproximateReceiveCount"], "1")
        expect("the source", redriven["Attributes"].get("DeadLetterQueueSourceArn"), None)
        if redriven["MessageId"] == old_id:
            raise NotConformant("it kept its id")


@SQS.check("A FIFO message that is redriven at once is in its queue again, with a new id for deduplication", REDRIVE)
def redriven_fifo(target: Target) -> None:
    with pair(target, fifo=True, VisibilityTimeout="0") as (jobs, dead_letters):
        _dead_letter(target, jobs, dead_letters, MessageDeduplicationId="d")
        arn = target.arn_of(dead_letters)
        target.sqs.start_message_move_task(SourceArn=arn)
        expect("the status", _finished(target, arn)["Status"], "COMPLETED")
        redriven = receive_one(target, jobs)
        expect("the group", redriven["Attributes"]["MessageGroupId"], "a-group")
        if redriven["Attributes"]["MessageDeduplicationId"] == "d":
            raise NotConformant("it kept its id for deduplication")
        expect("the number of dead letters", attribute(target, dead_letters, "ApproximateNumberOfMessages"), "0")


@SQS.check("Redriven FIFO messages of a group keep their order", REDRIVE)
def redriven_in_order(target: Target) -> None:
    with pair(target, fifo=True, VisibilityTimeout="0") as (jobs, dead_letters):
        for body in ("one", "two", "three"):
            send(target, jobs, body)
        for _ in range(2):
            receive(target, jobs, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        expect("the number of dead letters", attribute(target, dead_letters, "ApproximateNumberOfMessages"), "3")
        arn = target.arn_of(dead_letters)
        target.sqs.start_message_move_task(SourceArn=arn)
        _finished(target, arn)
        bodies = [each["Body"] for each in receive(target, jobs, MaxNumberOfMessages=10)]
        expect("the order", bodies, ["one", "two", "three"])


@SQS.check(
    "A FIFO message that dies twice within 5 minutes is a dead letter twice", f"{GUIDE}sqs-dead-letter-queues.html"
)
def fifo_dies_twice(target: Target) -> None:
    with pair(target, fifo=True, VisibilityTimeout="0") as (jobs, dead_letters):
        arn = target.arn_of(dead_letters)
        _dead_letter(target, jobs, dead_letters, MessageDeduplicationId="d")
        send(target, dead_letters, "another", MessageDeduplicationId="d")
        target.sqs.start_message_move_task(SourceArn=arn)
        _finished(target, arn)
        receive_one(target, jobs)
        receive(target, jobs, WaitTimeSeconds=1)
        expect("the number of dead letters", attribute(target, dead_letters, "ApproximateNumberOfMessages"), "1")


@SQS.check("Without a destination each dead letter returns to its own source", START)
def to_their_sources(target: Target) -> None:
    with pair(target, VisibilityTimeout="0") as (one, dead_letters):
        arn = target.arn_of(dead_letters)
        with queue(target, RedrivePolicy=redrive_policy(arn, 1), VisibilityTimeout="0") as two:
            _dead_letter(target, one, dead_letters, "one")
            send(target, two, "two")
            receive_one(target, two)
            receive(target, two, WaitTimeSeconds=1)
            target.sqs.start_message_move_task(SourceArn=arn)
            expect("the number moved", _finished(target, arn)["ApproximateNumberOfMessagesMoved"], 2)
            expect("the bodies", [receive_one(target, each)["Body"] for each in (one, two)], ["one", "two"])


@SQS.check("A message that was sent to the dead-letter queue has no source: CouldNotDetermineMessageSource", PROBLEMS)
def without_source(target: Target) -> None:
    with pair(target) as (_, dead_letters):
        send(target, dead_letters)
        arn = target.arn_of(dead_letters)
        target.sqs.start_message_move_task(SourceArn=arn)
        task = _finished(target, arn)
        expect("the status", task["Status"], "FAILED")
        expect("the reason", task.get("FailureReason"), "CouldNotDetermineMessageSource")
        expect("the number moved", task["ApproximateNumberOfMessagesMoved"], 0)
        receive_one(target, dead_letters)


@SQS.check("A task to a queue that was deleted fails: NonExistentQueue", PROBLEMS)
def to_a_deleted_queue(target: Target) -> None:
    with _slow_task(target) as (arn, _, destination):
        target.sqs.delete_queue(QueueUrl=destination)
        task = _finished(target, arn)
        expect("the status", task["Status"], "FAILED")
        expect("the reason", task.get("FailureReason"), "AWS.SimpleQueueService.NonExistentQueue")


@SQS.check("A dead letter returns to a source only that the redrive allow policy names", "API_SetQueueAttributes.html")
def source_that_is_not_allowed(target: Target) -> None:
    with pair(target, VisibilityTimeout="0") as (jobs, dead_letters):
        _dead_letter(target, jobs, dead_letters)
        deny = {"RedriveAllowPolicy": json.dumps({"redrivePermission": "denyAll"})}
        target.sqs.set_queue_attributes(QueueUrl=dead_letters, Attributes=deny)
        arn = target.arn_of(dead_letters)
        target.sqs.start_message_move_task(SourceArn=arn)
        expect("the status", _finished(target, arn)["Status"], "FAILED")
        receive_one(target, dead_letters)


@SQS.check("A dead-letter queue with a dead-letter queue of its own is redriven", START)
def chain(target: Target) -> None:
    with queue(target) as last, pair(target, VisibilityTimeout="0") as (jobs, dead_letters):
        redrive = {"RedrivePolicy": redrive_policy(target.arn_of(last), 1)}
        target.sqs.set_queue_attributes(QueueUrl=dead_letters, Attributes=redrive)
        _dead_letter(target, jobs, dead_letters)
        receive_one(target, dead_letters, VisibilityTimeout=0)
        arn = target.arn_of(dead_letters)
        target.sqs.start_message_move_task(SourceArn=arn)
        expect("the status", _finished(target, arn)["Status"], "COMPLETED")
        receive_one(target, jobs)
        expect("the number in the last queue", attribute(target, last, "ApproximateNumberOfMessages"), "0")


# ---- ages ----

HOUR = 3600


@SQS.check("A dead letter's retention counts from its first send in a standard queue", RETENTION, passes_time=True)
def age_in_a_standard_queue(target: Target) -> None:
    with pair(target, VisibilityTimeout="0") as (jobs, dead_letters):
        target.sqs.set_queue_attributes(QueueUrl=dead_letters, Attributes={"MessageRetentionPeriod": str(4 * HOUR)})
        send(target, jobs)
        target.pass_time(HOUR)
        receive_one(target, jobs)
        receive(target, jobs, WaitTimeSeconds=1)
        target.pass_time(3 * HOUR - 60)
        expect("the number before", attribute(target, dead_letters, "ApproximateNumberOfMessages"), "1")
        target.pass_time(61)
        expect("the number after", attribute(target, dead_letters, "ApproximateNumberOfMessages"), "0")


@SQS.check(
    "A dead letter that is older than the retention period is deleted when it arrives", RETENTION, passes_time=True
)
def too_old_at_arrival(target: Target) -> None:
    with pair(target, VisibilityTimeout="0") as (jobs, dead_letters):
        target.sqs.set_queue_attributes(QueueUrl=dead_letters, Attributes={"MessageRetentionPeriod": "60"})
        send(target, jobs)
        target.pass_time(HOUR)
        receive_one(target, jobs)
        receive(target, jobs, WaitTimeSeconds=1)
        target.pass_time(1)
        expect("the number", attribute(target, dead_letters, "ApproximateNumberOfMessages"), "0")


@SQS.check("A dead letter's retention counts from its move in a FIFO queue", RETENTION, passes_time=True)
def age_in_a_fifo_queue(target: Target) -> None:
    with pair(target, fifo=True, VisibilityTimeout="0") as (jobs, dead_letters):
        target.sqs.set_queue_attributes(QueueUrl=dead_letters, Attributes={"MessageRetentionPeriod": str(4 * HOUR)})
        send(target, jobs)
        target.pass_time(HOUR)
        receive_one(target, jobs)
        receive(target, jobs, WaitTimeSeconds=1)
        target.pass_time(4 * HOUR - 60)
        expect("the number before", attribute(target, dead_letters, "ApproximateNumberOfMessages"), "1")
        target.pass_time(61)
        expect("the number after", attribute(target, dead_letters, "ApproximateNumberOfMessages"), "0")


@SQS.check("A redriven message's retention begins again", REDRIVE, passes_time=True)
def age_of_a_redriven_message(target: Target) -> None:
    with pair(target, VisibilityTimeout="0", MessageRetentionPeriod=str(2 * HOUR)) as (jobs, dead_letters):
        _dead_letter(target, jobs, dead_letters)
        target.pass_time(HOUR)
        arn = target.arn_of(dead_letters)
        target.sqs.start_message_move_task(SourceArn=arn)
        _finished(target, arn)
        target.pass_time(2 * HOUR - 60)
        expect("the number before", attribute(target, jobs, "ApproximateNumberOfMessages"), "1")
        target.pass_time(61)
        expect("the number after", attribute(target, jobs, "ApproximateNumberOfMessages"), "0")


@SQS.check("Retention ends for messages in flight, too", f"{GUIDE}sqs-message-lifecycle.html", passes_time=True)
def retention_in_flight(target: Target) -> None:
    for fifo in (False, True):
        with queue(target, fifo=fifo, MessageRetentionPeriod=str(HOUR), VisibilityTimeout="43200") as url:
            send(target, url)
            receive_one(target, url)
            target.pass_time(HOUR + 1)
            expect("the number", attribute(target, url, "ApproximateNumberOfMessagesNotVisible"), "0")
