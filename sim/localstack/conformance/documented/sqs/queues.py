"""Queues: their names, their attributes, and how they are created, deleted and purged."""

import json
from collections.abc import Callable

from sim.localstack.conformance.documented.registry import Checks, expect, expect_error
from sim.localstack.conformance.documented.sqs.fixtures import API, GUIDE, attribute, create, queue, receive, send
from sim.localstack.conformance.target import NotConformant, Target

SQS = Checks("SQS", API)

QUOTAS = f"{GUIDE}quotas-queues.html"

RANGES = {
    "DelaySeconds": (0, 900),
    "MaximumMessageSize": (1024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
}


def _create_with(attributes: dict[str, str], *, fifo: bool = False) -> Callable[[Target], None]:
    def call(target: Target) -> None:
        target.sqs.delete_queue(QueueUrl=create(target, fifo=fifo, **attributes))

    return call


def _set(attributes: dict[str, str], *, fifo: bool = False) -> Callable[[Target], None]:
    def call(target: Target) -> None:
        with queue(target, fifo=fifo) as url:
            target.sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)

    return call


CALLS = {"CreateQueue": _create_with, "SetQueueAttributes": _set}


def _declare_ranges() -> None:
    for operation, call_with in CALLS.items():
        for name, (lowest, highest) in RANGES.items():
            for value in (str(lowest), str(highest)):
                SQS.accepts(f"{operation} with {name}={value}", f"API_{operation}.html", call_with({name: value}))
            for value in (str(lowest - 1), str(highest + 1), "abc", "12.5", ""):
                SQS.refuses(
                    "InvalidAttributeValue",
                    f"{operation} with {name}={json.dumps(value)}",
                    f"API_{operation}.html",
                    call_with({name: value}),
                )


_declare_ranges()


def _declare_choices() -> None:
    for operation, call_with in CALLS.items():
        for fifo, name, value in (
            (False, "SqsManagedSseEnabled", "maybe"),
            (True, "ContentBasedDeduplication", "maybe"),
            (True, "DeduplicationScope", "everything"),
            (True, "FifoThroughputLimit", "perMessage"),
        ):
            SQS.refuses(
                "InvalidAttributeValue",
                f"{operation} with {name}={value}",
                f"API_{operation}.html",
                call_with({name: value}, fifo=fifo),
            )
        SQS.refuses(
            "InvalidAttributeValue",
            f"{operation} with FifoThroughputLimit=perMessageGroupId, where duplicates count per queue,",
            f"API_{operation}.html",
            call_with({"FifoThroughputLimit": "perMessageGroupId"}, fifo=True),
        )
        SQS.accepts(
            f"{operation} with high throughput: perMessageGroupId and messageGroup",
            f"API_{operation}.html",
            call_with({"FifoThroughputLimit": "perMessageGroupId", "DeduplicationScope": "messageGroup"}, fifo=True),
        )
        for name in ("DeduplicationScope", "FifoThroughputLimit", "ContentBasedDeduplication"):
            value = {"DeduplicationScope": "queue", "FifoThroughputLimit": "perQueue"}.get(name, "true")
            SQS.refuses(
                "InvalidAttributeName",
                f"{operation} with {name} on a standard queue",
                f"API_{operation}.html",
                call_with({name: value}),
            )
        for name in ("Priority", "QueueArn", "CreatedTimestamp", "ApproximateNumberOfMessages", "All"):
            SQS.refuses(
                "InvalidAttributeName",
                f"{operation} with the attribute {name}",
                f"API_{operation}.html",
                call_with({name: "1"}),
            )
        SQS.refuses(
            "InvalidAttributeValue",
            f"{operation} with both kinds of server-side encryption",
            f"API_{operation}.html",
            call_with({"KmsMasterKeyId": "alias/aws/sqs", "SqsManagedSseEnabled": "true"}),
        )


_declare_choices()

SQS.refuses(
    "InvalidAttributeValue",
    "SetQueueAttributes with FifoQueue=false on a FIFO queue",
    "API_CreateQueue.html",
    _set({"FifoQueue": "false"}, fifo=True),
)
SQS.refuses(
    "InvalidAttributeName",
    "CreateQueue with FifoQueue=false",
    "API_CreateQueue.html",
    _create_with({"FifoQueue": "false"}),
)


# ---- names ----


def _create_named(name: str, **attributes: str) -> Callable[[Target], None]:
    def call(target: Target) -> None:
        target.sqs.delete_queue(QueueUrl=target.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])

    return call


for title, name in {
    "of 81 characters": "n" * 81,
    "with a blank": "two words",
    "with a dot": "not.fifo",
    "with a slash": "a/b",
    "with a line feed": "name\n",
    "with an umlaut": "schl\u00fcssel",
    "of no character": "",
}.items():
    SQS.refuses(
        "InvalidParameterValue", f"CreateQueue with a name {title}", "API_CreateQueue.html", _create_named(name)
    )
SQS.refuses(
    "InvalidParameterValue",
    "CreateQueue of a FIFO queue without the suffix .fifo",
    "API_CreateQueue.html",
    _create_named("without-suffix", FifoQueue="true"),
)
SQS.refuses(
    "InvalidParameterValue",
    "CreateQueue of a standard queue with the suffix .fifo",
    "API_CreateQueue.html",
    _create_named("with-suffix.fifo"),
)
SQS.refuses(
    "InvalidParameterValue",
    "CreateQueue of a FIFO queue with a name of 81 characters, suffix included,",
    QUOTAS,
    _create_named("n" * 76 + ".fifo", FifoQueue="true"),
)


@SQS.check("A queue's name may have 80 characters", QUOTAS)
def name_of_80_characters(target: Target) -> None:
    name = target.new_name().ljust(80, "n")
    url = target.sqs.create_queue(QueueName=name)["QueueUrl"]
    target.sqs.delete_queue(QueueUrl=url)
    expect("the name", url.rpartition("/")[2], name)


# ---- life cycle ----


@SQS.check("CreateQueue with the name and the attributes of a queue returns its URL", "API_CreateQueue.html")
def create_again(target: Target) -> None:
    with queue(target, VisibilityTimeout="31") as url:
        again = target.sqs.create_queue(QueueName=url.rpartition("/")[2], Attributes={"VisibilityTimeout": "31"})
        expect("the URL", again["QueueUrl"], url)


@SQS.check(
    "CreateQueue with a queue's name and another attribute is refused: QueueAlreadyExists", "API_CreateQueue.html"
)
def create_differently(target: Target) -> None:
    with queue(target, VisibilityTimeout="31") as url:
        name = url.rpartition("/")[2]
        expect_error(
            "QueueAlreadyExists",
            lambda: target.sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "32"}),
        )
        expect("the attribute", attribute(target, url, "VisibilityTimeout"), "31")


@SQS.check("After a deletion the name is not free for 60 seconds: QueueDeletedRecently", "API_DeleteQueue.html")
def recreate_at_once(target: Target) -> None:
    url = create(target)
    target.sqs.delete_queue(QueueUrl=url)
    expect_error("QueueDeletedRecently", lambda: target.sqs.create_queue(QueueName=url.rpartition("/")[2]))


@SQS.check("60 seconds after a deletion the name is free", "API_DeleteQueue.html", passes_time=True)
def recreate_after_a_minute(target: Target) -> None:
    url = create(target)
    target.sqs.delete_queue(QueueUrl=url)
    target.pass_time(61)
    again = target.sqs.create_queue(QueueName=url.rpartition("/")[2])["QueueUrl"]
    target.sqs.delete_queue(QueueUrl=again)


@SQS.check("DeleteQueue deletes a queue with messages in it", "API_DeleteQueue.html")
def delete_with_messages(target: Target) -> None:
    url = create(target)
    send(target, url)
    target.sqs.delete_queue(QueueUrl=url)
    expect_error("NonExistentQueue", lambda: send(target, url))


SQS.refuses(
    "InvalidAddress",
    "DeleteQueue of an address that is no queue's",
    "API_DeleteQueue.html",
    lambda target: target.sqs.delete_queue(QueueUrl=f"{target.endpoint_url}/a/b/c"),
)


@SQS.check("PurgeQueue deletes all messages, those in flight and those delayed included", "API_PurgeQueue.html")
def purge(target: Target) -> None:
    with queue(target) as url:
        send(target, url, "in flight")
        receive(target, url)
        send(target, url, "visible")
        send(target, url, "delayed", DelaySeconds=900)
        target.sqs.purge_queue(QueueUrl=url)
        names = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ]
        counts = target.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        expect("the counts", [counts[name] for name in names], ["0", "0", "0"])


@SQS.check("A second PurgeQueue within 60 seconds is refused: PurgeQueueInProgress", "API_PurgeQueue.html")
def purge_twice(target: Target) -> None:
    with queue(target) as url, queue(target) as other:
        target.sqs.purge_queue(QueueUrl=url)
        expect_error("PurgeQueueInProgress", lambda: target.sqs.purge_queue(QueueUrl=url))
        target.sqs.purge_queue(QueueUrl=other)


@SQS.check("60 seconds after a purge the next is accepted", "API_PurgeQueue.html", passes_time=True)
def purge_after_a_minute(target: Target) -> None:
    with queue(target) as url:
        target.sqs.purge_queue(QueueUrl=url)
        target.pass_time(61)
        target.sqs.purge_queue(QueueUrl=url)


def _declare_missing_queue() -> None:
    def url_of_nothing(target: Target) -> str:
        return f"{target.endpoint_url}/{target.account}/{target.new_name()}"

    for operation, more in {
        "GetQueueAttributes": {"AttributeNames": ["All"]},
        "SetQueueAttributes": {"Attributes": {"DelaySeconds": "1"}},
        "SendMessage": {"MessageBody": "a message"},
        "SendMessageBatch": {"Entries": [{"Id": "1", "MessageBody": "a message"}]},
        "ReceiveMessage": {},
        "DeleteMessage": {"ReceiptHandle": "any"},
        "PurgeQueue": {},
        "DeleteQueue": {},
        "TagQueue": {"Tags": {"a": "b"}},
        "ListQueueTags": {},
        "ListDeadLetterSourceQueues": {},
    }.items():
        SQS.refuses(
            "NonExistentQueue",
            f"{operation} of a queue that does not exist",
            f"API_{operation}.html",
            lambda target, operation=operation, more=more: target.sqs._make_api_call(  # type: ignore[misc]
                operation, {"QueueUrl": url_of_nothing(target), **more}
            ),
        )


_declare_missing_queue()
SQS.refuses(
    "NonExistentQueue",
    "GetQueueUrl of a queue that does not exist",
    "API_GetQueueUrl.html",
    lambda target: target.sqs.get_queue_url(QueueName=target.new_name()),
)


# ---- what attributes do ----


@SQS.check("A queue without attributes has AWS's defaults", "API_CreateQueue.html")
def defaults(target: Target) -> None:
    with queue(target) as url:
        found = target.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        expected = {
            "DelaySeconds": "0",
            "MaximumMessageSize": "1048576",
            "MessageRetentionPeriod": "345600",
            "ReceiveMessageWaitTimeSeconds": "0",
            "VisibilityTimeout": "30",
        }
        expect("the defaults", {name: found.get(name) for name in expected}, expected)


SQS.refuses(
    "InvalidAttributeName",
    "GetQueueAttributes of an attribute that does not exist",
    "API_GetQueueAttributes.html",
    lambda target: _get_attribute(target, "Priority"),
)


def _get_attribute(target: Target, name: str) -> None:
    with queue(target) as url:
        target.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])


@SQS.check("GetQueueAttributes without names returns no attributes", "API_GetQueueAttributes.html")
def no_attributes(target: Target) -> None:
    with queue(target) as url:
        expect("the answer", target.sqs.get_queue_attributes(QueueUrl=url).get("Attributes"), None)


@SQS.check("A refused SetQueueAttributes changes none of its attributes", "API_SetQueueAttributes.html")
def refused_as_a_whole(target: Target) -> None:
    with queue(target) as url:
        bad = {"VisibilityTimeout": "60", "DelaySeconds": "901"}
        expect_error("InvalidAttributeValue", lambda: target.sqs.set_queue_attributes(QueueUrl=url, Attributes=bad))
        expect("the visibility timeout", attribute(target, url, "VisibilityTimeout"), "30")


@SQS.check("A refused CreateQueue creates no queue", "API_CreateQueue.html")
def refused_creation(target: Target) -> None:
    name = target.new_name()
    expect_error(
        "InvalidAttributeValue",
        lambda: target.sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "43201"}),
    )
    expect_error("NonExistentQueue", lambda: target.sqs.get_queue_url(QueueName=name))


@SQS.check("LastModifiedTimestamp is when the queue was last changed", "API_GetQueueAttributes.html", passes_time=True)
def last_modified(target: Target) -> None:
    with queue(target) as url:
        created = attribute(target, url, "LastModifiedTimestamp")
        target.pass_time(10)
        target.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
        if int(attribute(target, url, "LastModifiedTimestamp") or 0) < int(created or 0) + 10:
            raise NotConformant("it is still the time of the creation")


@SQS.check(
    "A FIFO queue's new DelaySeconds counts for messages that are in it already",
    f"{GUIDE}sqs-delay-queues.html",
    passes_time=True,
)
def fifo_delay_is_retroactive(target: Target) -> None:
    with queue(target, fifo=True, DelaySeconds="600") as url:
        send(target, url)
        target.sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "10"})
        target.pass_time(11)
        expect("the number of messages", len(receive(target, url)), 1)


@SQS.check(
    "A standard queue's new DelaySeconds does not count for messages that are in it already",
    f"{GUIDE}sqs-delay-queues.html",
    passes_time=True,
)
def standard_delay_is_not_retroactive(target: Target) -> None:
    with queue(target, DelaySeconds="600") as url:
        send(target, url)
        target.sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "0"})
        target.pass_time(11)
        expect("the number of messages", len(receive(target, url, WaitTimeSeconds=0)), 0)


@SQS.check("A KMS key replaces the encryption with SQS's own keys", "API_SetQueueAttributes.html")
def kms_replaces_sse(target: Target) -> None:
    with queue(target, KmsMasterKeyId="alias/aws/sqs") as url:
        expect("SqsManagedSseEnabled", attribute(target, url, "SqsManagedSseEnabled"), "false")


@SQS.check(
    "A shorter MessageRetentionPeriod counts for messages that are in the queue already",
    "API_SetQueueAttributes.html",
    passes_time=True,
)
def shorter_retention(target: Target) -> None:
    with queue(target) as url:
        send(target, url)
        target.pass_time(120)
        target.sqs.set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "60"})
        target.pass_time(1)
        expect("the number of messages", attribute(target, url, "ApproximateNumberOfMessages"), "0")


@SQS.check(
    "A message is deleted when its retention period ends", f"{GUIDE}sqs-message-lifecycle.html", passes_time=True
)
def retention(target: Target) -> None:
    with queue(target, MessageRetentionPeriod="3600") as url:
        send(target, url)
        target.pass_time(3590)
        expect("the number of messages before", attribute(target, url, "ApproximateNumberOfMessages"), "1")
        target.pass_time(11)
        expect("the number of messages after", attribute(target, url, "ApproximateNumberOfMessages"), "0")
