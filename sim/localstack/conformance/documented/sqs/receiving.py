"""ReceiveMessage, visibility timeouts and receipt handles."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sim.localstack.conformance.documented.registry import Checks, expect, expect_error
from sim.localstack.conformance.documented.sqs.fixtures import (
    API,
    GUIDE,
    attribute,
    queue,
    receive,
    receive_one,
    send,
)
from sim.localstack.conformance.target import NotConformant, Target

SQS = Checks("SQS", API)

RECEIVE = "API_ReceiveMessage.html"
CHANGE = "API_ChangeMessageVisibility.html"
VISIBILITY = f"{GUIDE}sqs-visibility-timeout.html"


def _receive(more: dict[str, Any], *, fifo: bool = False) -> Callable[[Target], None]:
    def call(target: Target) -> None:
        with queue(target, fifo=fifo) as url:
            target.sqs.receive_message(QueueUrl=url, **more)

    return call


# ---- parameters ----

for name, below, lowest, highest, above in (
    ("MaxNumberOfMessages", 0, 1, 10, 11),
    ("WaitTimeSeconds", -1, 0, None, 21),
    ("VisibilityTimeout", -1, 0, 43_200, 43_201),
):
    for value in (below, above):
        SQS.refuses("InvalidParameterValue", f"A receive with {name}={value}", RECEIVE, _receive({name: value}))
    for bound in (lowest, highest):
        if bound is not None:
            SQS.accepts(f"A receive with {name}={bound}", RECEIVE, _receive({name: bound}))
SQS.refuses(
    "InvalidParameterValue", "A receive with MaxNumberOfMessages=-1", RECEIVE, _receive({"MaxNumberOfMessages": -1})
)
for title, token in {"of 129 characters": "t" * 129, "with a blank": "a b", "of no character": ""}.items():
    SQS.refuses(
        "InvalidParameterValue",
        f"A ReceiveRequestAttemptId {title}",
        RECEIVE,
        _receive({"ReceiveRequestAttemptId": token}, fifo=True),
    )
SQS.accepts(
    "A ReceiveRequestAttemptId of 128 characters", RECEIVE, _receive({"ReceiveRequestAttemptId": "t" * 128}, fifo=True)
)
SQS.refuses(
    "InvalidParameterValue",
    "A ReceiveRequestAttemptId for a standard queue",
    RECEIVE,
    _receive({"ReceiveRequestAttemptId": "t"}),
)
for parameter in ("MessageSystemAttributeNames", "AttributeNames"):
    SQS.refuses(
        "InvalidAttributeName", f"A receive with {parameter}=Priority", RECEIVE, _receive({parameter: ["Priority"]})
    )


# ---- what is received ----


@SQS.check("Without names no system attributes are returned, with All all of them", RECEIVE)
def system_attributes(target: Target) -> None:
    with queue(target, VisibilityTimeout="0") as url:
        send(target, url)
        expect("none", receive_one(target, url, MessageSystemAttributeNames=[]).get("Attributes"), None)
        names = set(receive_one(target, url)["Attributes"])
        wanted = {"SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp"}
        expect("all", names, wanted)
        one = receive_one(target, url, MessageSystemAttributeNames=["ApproximateReceiveCount"])
        expect("one", one["Attributes"], {"ApproximateReceiveCount": "3"})


def _declare_attribute_filters() -> None:
    for title, names, expected in (
        ("none", [], []),
        ("All", ["All"], ["a.one", "a.two", "b.one", "c"]),
        (".*", [".*"], ["a.one", "a.two", "b.one", "c"]),
        ("one name", ["c"], ["c"]),
        ("a prefix", ["a.*"], ["a.one", "a.two"]),
        ("two prefixes", ["a.*", "b.*"], ["a.one", "a.two", "b.one"]),
        ("a name and a prefix", ["c", "b.*"], ["b.one", "c"]),
        ("an unknown name", ["d"], []),
        ("a name in other case", ["C"], []),
    ):

        @SQS.check(f"MessageAttributeNames={title} returns those attributes alone", RECEIVE)
        def filtered(target: Target, names: list[str] = names, expected: list[str] = expected) -> None:
            with queue(target) as url:
                value = {"DataType": "String", "StringValue": "v"}
                send(target, url, MessageAttributes=dict.fromkeys(("a.one", "a.two", "b.one", "c"), value))
                found = receive_one(target, url, MessageAttributeNames=names).get("MessageAttributes", {})
                expect("the attributes", sorted(found), expected)


_declare_attribute_filters()


@SQS.check("Each receive has a receipt handle of its own", RECEIVE)
def new_handles(target: Target) -> None:
    with queue(target, VisibilityTimeout="0") as url:
        send(target, url)
        first, second = (receive_one(target, url)["ReceiptHandle"] for _ in range(2))
        if first == second:
            raise NotConformant("two receives had the same handle")


@SQS.check("A receive returns no more than MaxNumberOfMessages, by default one", RECEIVE)
def no_more_than_asked(target: Target) -> None:
    with queue(target, VisibilityTimeout="0") as url:
        for _ in range(5):
            send(target, url)
        expect("by default", len(receive(target, url)), 1)
        expect("with 3", len(receive(target, url, MaxNumberOfMessages=3)), 3)


@SQS.check("A long poll returns as soon as a message arrives", f"{GUIDE}sqs-short-and-long-polling.html")
def long_poll(target: Target) -> None:
    with queue(target) as url:
        send(target, url, DelaySeconds=1)
        expect("the number of messages", len(receive(target, url, WaitTimeSeconds=20)), 1)


@SQS.check("ReceiveMessageWaitTimeSeconds of the queue makes a receive a long poll", RECEIVE)
def wait_of_the_queue(target: Target) -> None:
    with queue(target, ReceiveMessageWaitTimeSeconds="20") as url:
        send(target, url, DelaySeconds=1)
        expect("the number of messages", len(target.sqs.receive_message(QueueUrl=url).get("Messages", [])), 1)


@SQS.check("A receive's VisibilityTimeout overrides that of the queue", RECEIVE, passes_time=True)
def visibility_of_a_receive(target: Target) -> None:
    with queue(target, VisibilityTimeout="30") as url:
        send(target, url)
        receive_one(target, url, VisibilityTimeout=600)
        target.pass_time(599)
        expect("the number before", len(receive(target, url, WaitTimeSeconds=0)), 0)
        target.pass_time(2)
        expect("the receive count after", receive_one(target, url)["Attributes"]["ApproximateReceiveCount"], "2")


# ---- visibility ----


def _change(seconds: int) -> Callable[[Target], None]:
    def call(target: Target) -> None:
        with queue(target) as url:
            send(target, url)
            handle = receive_one(target, url)["ReceiptHandle"]
            target.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=seconds)

    return call


for seconds in (-1, 43_201):
    SQS.refuses("InvalidParameterValue", f"ChangeMessageVisibility to {seconds} seconds", CHANGE, _change(seconds))
for seconds in (0, 43_200):
    SQS.accepts(f"ChangeMessageVisibility to {seconds} seconds", CHANGE, _change(seconds))


@SQS.check(
    "The visibility timeout of a receive has 12 hours in all: InvalidParameterValue", VISIBILITY, passes_time=True
)
def twelve_hours_in_all(target: Target) -> None:
    with queue(target, VisibilityTimeout="7200") as url:
        send(target, url)
        change = {"QueueUrl": url, "ReceiptHandle": receive_one(target, url)["ReceiptHandle"]}
        target.pass_time(3600)
        expect_error(
            "InvalidParameterValue",
            lambda: target.sqs.change_message_visibility(**change, VisibilityTimeout=43_200 - 3500),
        )
        target.sqs.change_message_visibility(**change, VisibilityTimeout=43_200 - 3700)


@SQS.check("The 12 hours begin again with the next receive", VISIBILITY, passes_time=True)
def twelve_hours_of_each_receive(target: Target) -> None:
    with queue(target, VisibilityTimeout="3600") as url:
        send(target, url)
        receive_one(target, url)
        target.pass_time(3601)
        handle = receive_one(target, url)["ReceiptHandle"]
        target.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=43_200)


@SQS.check("A timeout that is changed to 0 makes the message visible at once", VISIBILITY)
def changed_to_zero(target: Target) -> None:
    with queue(target) as url:
        send(target, url)
        handle = receive_one(target, url)["ReceiptHandle"]
        target.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
        expect("the receive count", receive_one(target, url)["Attributes"]["ApproximateReceiveCount"], "2")


@SQS.check("A changed timeout counts from the change, and not for the next receive", CHANGE, passes_time=True)
def counts_from_the_change(target: Target) -> None:
    with queue(target, VisibilityTimeout="60") as url:
        send(target, url)
        handle = receive_one(target, url)["ReceiptHandle"]
        target.pass_time(50)
        target.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=600)
        target.pass_time(590)
        expect("the number in flight", attribute(target, url, "ApproximateNumberOfMessagesNotVisible"), "1")
        target.pass_time(11)
        receive_one(target, url)
        target.pass_time(61)
        expect("the number in flight after", attribute(target, url, "ApproximateNumberOfMessagesNotVisible"), "0")


@SQS.check("A message that is visible again by its consumer's wish is not in flight: MessageNotInflight", CHANGE)
def not_in_flight(target: Target) -> None:
    with queue(target) as url:
        send(target, url)
        change = {"QueueUrl": url, "ReceiptHandle": receive_one(target, url)["ReceiptHandle"]}
        target.sqs.change_message_visibility(**change, VisibilityTimeout=0)
        expect_error("MessageNotInflight", lambda: target.sqs.change_message_visibility(**change, VisibilityTimeout=30))


@SQS.check("A FIFO message whose timeout has ended is not in flight: MessageNotInflight", CHANGE, passes_time=True)
def fifo_not_in_flight(target: Target) -> None:
    with queue(target, fifo=True) as url:
        send(target, url)
        change = {"QueueUrl": url, "ReceiptHandle": receive_one(target, url)["ReceiptHandle"]}
        target.pass_time(31)
        expect_error("MessageNotInflight", lambda: target.sqs.change_message_visibility(**change, VisibilityTimeout=30))


@SQS.check("ChangeMessageVisibility of a deleted message is refused: InvalidParameterValue", CHANGE)
def change_of_deleted(target: Target) -> None:
    with queue(target) as url:
        send(target, url)
        handle = receive_one(target, url)["ReceiptHandle"]
        target.sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
        expect_error(
            "InvalidParameterValue",
            lambda: target.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=30),
        )


# ---- receipt handles ----


def _declare_invalid_handles() -> None:
    for operation, more in {"DeleteMessage": {}, "ChangeMessageVisibility": {"VisibilityTimeout": 30}}.items():
        for title, handle in {"that is none": "none", "that is Base64 of another text": "aGVsbG8gd29ybGQ="}.items():

            def invalid(target: Target, operation: str = operation, handle: str = handle, more: Any = more) -> None:
                with queue(target) as url:
                    request = {"QueueUrl": url, "ReceiptHandle": handle, **more}
                    target.sqs._make_api_call(operation, request)

            SQS.refuses(
                "ReceiptHandleIsInvalid", f"{operation} with a handle {title}", f"API_{operation}.html", invalid
            )

        def of_another_queue(target: Target, operation: str = operation, more: Any = more) -> None:
            with queue(target) as url, queue(target) as other:
                send(target, other)
                handle = receive_one(target, other)["ReceiptHandle"]
                target.sqs._make_api_call(operation, {"QueueUrl": url, "ReceiptHandle": handle, **more})

        SQS.refuses(
            "ReceiptHandleIsInvalid",
            f"{operation} with a handle of another queue",
            f"API_{operation}.html",
            of_another_queue,
        )


_declare_invalid_handles()


@SQS.check("DeleteMessage of a deleted message succeeds", "API_DeleteMessage.html")
def delete_twice(target: Target) -> None:
    with queue(target) as url:
        send(target, url)
        handle = receive_one(target, url)["ReceiptHandle"]
        for _ in range(2):
            target.sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)


@SQS.check("DeleteMessage succeeds after the timeout in a standard queue", "API_DeleteMessage.html", passes_time=True)
def delete_after_timeout(target: Target) -> None:
    with queue(target) as url:
        send(target, url)
        handle = receive_one(target, url)["ReceiptHandle"]
        target.pass_time(31)
        target.sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
        expect("the number of messages", attribute(target, url, "ApproximateNumberOfMessages"), "0")


@SQS.check(
    "DeleteMessage after the timeout in a FIFO queue is refused: InvalidParameterValue", RECEIVE, passes_time=True
)
def delete_fifo_after_timeout(target: Target) -> None:
    with queue(target, fifo=True) as url:
        send(target, url)
        handle = receive_one(target, url)["ReceiptHandle"]
        target.pass_time(31)
        expect_error("InvalidParameterValue", lambda: target.sqs.delete_message(QueueUrl=url, ReceiptHandle=handle))


# ---- FIFO queues ----

LOGIC = f"{GUIDE}FIFO-queues-understanding-logic.html"


@SQS.check("While a message of a group is in flight, no other message of the group is received", LOGIC)
def group_is_held_up(target: Target) -> None:
    with queue(target, fifo=True) as url:
        for body, group in (("a1", "a"), ("a2", "a"), ("b1", "b")):
            send(target, url, body, MessageGroupId=group)
        expect("the first", receive_one(target, url)["Body"], "a1")
        expect("the second", receive_one(target, url)["Body"], "b1")
        expect("the number of others", len(receive(target, url, WaitTimeSeconds=1)), 0)


@SQS.check("A receive returns messages of one group in their order, as many as it may", LOGIC)
def messages_of_one_group(target: Target) -> None:
    with queue(target, fifo=True) as url:
        for body, group in (("a1", "a"), ("b1", "b"), ("a2", "a"), ("a3", "a")):
            send(target, url, body, MessageGroupId=group)
        bodies = [each["Body"] for each in receive(target, url, MaxNumberOfMessages=3)]
        expect("the bodies", bodies, ["a1", "a2", "a3"])


# ---- short polls ----

POLLS = f"{GUIDE}sqs-short-and-long-polling.html"


def _numbers(target: Target, url: str, polls: int, **more: Any) -> list[int]:
    return [len(receive(target, url, MaxNumberOfMessages=10, VisibilityTimeout=0, **more)) for _ in range(polls)]


@SQS.check("A short poll may give fewer messages than there are, or none", POLLS)
def short_poll_misses_some(target: Target) -> None:
    with queue(target) as url:
        for _ in range(8):
            send(target, url)
        numbers = _numbers(target, url, 40, WaitTimeSeconds=0)
        if min(numbers) == 8 or max(numbers) < 8:
            raise NotConformant(f"the polls gave {numbers} of 8 messages")


@SQS.check("A short poll of a queue with one message may give none, and another gives it", POLLS)
def short_poll_misses_all(target: Target) -> None:
    with queue(target) as url:
        send(target, url)
        numbers = set(_numbers(target, url, 40, WaitTimeSeconds=0))
        expect("the numbers", numbers, {0, 1})


@SQS.check("A long poll asks all servers", POLLS)
def long_poll_misses_none(target: Target) -> None:
    with queue(target) as url:
        for _ in range(8):
            send(target, url)
        expect("the numbers", set(_numbers(target, url, 40, WaitTimeSeconds=1)), {8})


@SQS.check("ReceiveMessageWaitTimeSeconds makes every receive ask all servers", POLLS)
def long_poll_of_the_queue(target: Target) -> None:
    with queue(target, ReceiveMessageWaitTimeSeconds="1") as url:
        send(target, url)
        receives = [target.sqs.receive_message(QueueUrl=url, VisibilityTimeout=0) for _ in range(40)]
        expect("the numbers", {len(each.get("Messages", [])) for each in receives}, {1})


# ---- receives that are repeated ----


def _attempt(target: Target, url: str, attempt: str = "t", **more: Any) -> list[tuple[str, str]]:
    """Bodies and handles of a receive with an id of its own."""
    messages = receive(target, url, ReceiveRequestAttemptId=attempt, MaxNumberOfMessages=10, WaitTimeSeconds=0, **more)
    return [(each["Body"], each["ReceiptHandle"]) for each in messages]


@contextmanager
def _two_messages(target: Target) -> Iterator[str]:
    with queue(target, fifo=True, VisibilityTimeout="60") as url:
        for body in ("one", "two"):
            send(target, url, body)
        yield url


@SQS.check("A receive that is repeated with its ReceiveRequestAttemptId returns the same messages and handles", RECEIVE)
def repeated_receive(target: Target) -> None:
    with _two_messages(target) as url:
        first = _attempt(target, url)
        expect("the bodies", [body for body, _ in first], ["one", "two"])
        expect("the repeated receive", _attempt(target, url), first)
        expect("another receive", _attempt(target, url, "another"), [])
        for _, handle in first:
            target.sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)


@SQS.check("A receive is not repeated after one of its messages was deleted", RECEIVE)
def not_repeated_after_deletion(target: Target) -> None:
    with _two_messages(target) as url:
        target.sqs.delete_message(QueueUrl=url, ReceiptHandle=_attempt(target, url)[0][1])
        expect("the repeated receive", _attempt(target, url), [])


@SQS.check("A receive is not repeated after the visibility timeout of one of its messages was changed", RECEIVE)
def not_repeated_after_change(target: Target) -> None:
    with _two_messages(target) as url:
        handle = _attempt(target, url)[1][1]
        target.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=90)
        expect("the repeated receive", _attempt(target, url), [])


@SQS.check("A repeated receive begins the visibility timeout again", RECEIVE, passes_time=True)
def repeated_receive_resets_the_timeout(target: Target) -> None:
    with _two_messages(target) as url:
        first = _attempt(target, url)
        target.pass_time(50)
        expect("the repeated receive", _attempt(target, url), first)
        target.pass_time(50)
        expect("the number in flight", attribute(target, url, "ApproximateNumberOfMessagesNotVisible"), "2")
        target.pass_time(11)
        expect("the number in flight after", attribute(target, url, "ApproximateNumberOfMessagesNotVisible"), "0")


@SQS.check("5 minutes after a receive its ReceiveRequestAttemptId means nothing", RECEIVE, passes_time=True)
def attempt_ends(target: Target) -> None:
    with _two_messages(target) as url:
        _attempt(target, url, VisibilityTimeout=600)
        target.pass_time(301)
        expect("the repeated receive", _attempt(target, url), [])


@SQS.check("After the visibility timeout a ReceiveRequestAttemptId gives new handles", RECEIVE, passes_time=True)
def attempt_after_timeout(target: Target) -> None:
    with _two_messages(target) as url:
        first = _attempt(target, url)
        target.pass_time(61)
        again = _attempt(target, url)
        expect("the bodies", [body for body, _ in again], ["one", "two"])
        if {handle for _, handle in first} & {handle for _, handle in again}:
            raise NotConformant("a handle is the same")
