"""The batch operations: what refuses a whole batch, and what fails one entry of it."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from sim.localstack.conformance.documented.registry import Checks, expect
from sim.localstack.conformance.documented.sqs.fixtures import API, attribute, queue, receive, send
from sim.localstack.conformance.target import NotConformant, Target

SQS = Checks("SQS", API)

MIB = 1_048_576

MEMBERS: dict[str, dict[str, Any]] = {
    "SendMessageBatch": {"MessageBody": "a message"},
    "DeleteMessageBatch": {"ReceiptHandle": "any"},
    "ChangeMessageVisibilityBatch": {"ReceiptHandle": "any", "VisibilityTimeout": 1},
}


def _batch(operation: str, *ids: str | None, fifo: bool = False, **more: Any) -> Callable[[Target], None]:
    def call(target: Target) -> None:
        with queue(target, fifo=fifo) as url:
            entries = [{**({} if each is None else {"Id": each}), **MEMBERS[operation], **more} for each in ids]
            target.sqs._make_api_call(operation, {"QueueUrl": url, "Entries": entries})

    return call


for operation in MEMBERS:
    page = f"API_{operation}.html"
    eleven = [f"id-{number}" for number in range(11)]
    SQS.refuses("EmptyBatchRequest", f"{operation} without entries", page, _batch(operation))
    SQS.refuses("TooManyEntriesInBatchRequest", f"{operation} with eleven entries", page, _batch(operation, *eleven))
    SQS.accepts(f"{operation} with ten entries", page, _batch(operation, *eleven[:10]))
    SQS.refuses(
        "BatchEntryIdsNotDistinct", f"{operation} with an id twice", page, _batch(operation, "one", "two", "one")
    )
    for title, name in {
        "of no character": "",
        "of 81 characters": "i" * 81,
        "with a dot": "a.b",
        "with a blank": "a b",
        "with an umlaut": "\u00fc",
        "with a line feed": "a\n",
    }.items():
        SQS.refuses("InvalidBatchEntryId", f"{operation} with an id {title}", page, _batch(operation, name))
    SQS.accepts(f"{operation} with an id of 80 characters", page, _batch(operation, "_-" * 40))

SEND = "API_SendMessageBatch.html"


def _declare_repeated_ids() -> None:
    for operation in MEMBERS:
        # The text is in tests of moto that their authors have run on AWS.
        @SQS.check(f"{operation} names the first id that is there twice", f"API_{operation}.html")
        def names_the_id(target: Target, operation: str = operation) -> None:
            try:
                _batch(operation, "one", "two", "two", "one")(target)
            except ClientError as error:
                expect("the error", error.response["Error"]["Message"], "Id two repeated.")
            else:
                raise NotConformant("accepted")


_declare_repeated_ids()


def _without_list(target: Target) -> None:
    with queue(target) as url:
        target.sqs.send_message_batch(QueueUrl=url)


SQS.refuses("EmptyBatchRequest", "SendMessageBatch without a list of entries", SEND, _without_list)
SQS.refuses(
    "InvalidParameterValue",
    "SendMessageBatch to a FIFO queue without a group",
    SEND,
    _batch("SendMessageBatch", "one", fifo=True, MessageDeduplicationId="d"),
)
SQS.refuses(
    "InvalidParameterValue",
    "SendMessageBatch to a FIFO queue without an id for deduplication",
    SEND,
    _batch("SendMessageBatch", "one", fifo=True, MessageGroupId="g"),
)
SQS.refuses(
    "BatchRequestTooLong",
    "SendMessageBatch of 1 MiB and a byte in all",
    SEND,
    _batch("SendMessageBatch", "one", "two", "three", MessageBody="b" * (MIB // 3 + 1)),
)
SQS.accepts(
    "SendMessageBatch of 1 MiB in all",
    SEND,
    _batch("SendMessageBatch", "one", "two", MessageBody="b" * (MIB // 2)),
)


def _outcomes(answer: dict[str, Any]) -> tuple[list[str], list[tuple[str, str, bool]]]:
    """Ids that succeeded; ids that failed, each with its code and whether the sender is at fault."""
    succeeded = [each["Id"] for each in answer.get("Successful", [])]
    return succeeded, [(each["Id"], each["Code"], each["SenderFault"]) for each in answer.get("Failed", [])]


def _declare_failing_entries() -> None:
    for title, members, code in (
        ("with DelaySeconds=901", {"DelaySeconds": 901}, "InvalidParameterValue"),
        ("with DelaySeconds=-1", {"DelaySeconds": -1}, "InvalidParameterValue"),
        ("with the character U+0000", {"MessageBody": "a\0"}, "InvalidMessageContents"),
        ("with the character U+D800", {"MessageBody": "a\ud800"}, "InvalidMessageContents"),
        ("above the size of the queue", {"MessageBody": "b" * 1025}, "InvalidParameterValue"),
        (
            "with an attribute without a value",
            {"MessageAttributes": {"a": {"DataType": "String", "StringValue": ""}}},
            "InvalidParameterValue",
        ),
        ("with an id for deduplication", {"MessageDeduplicationId": "d"}, "InvalidParameterValue"),
        ("with a group with a blank", {"MessageGroupId": "a b"}, "InvalidParameterValue"),
    ):

        @SQS.check(f"SendMessageBatch fails the entry {title} alone: {code}", SEND)
        def one_fails(target: Target, members: dict[str, Any] = members, code: str = code) -> None:
            with queue(target, MaximumMessageSize="1024") as url:
                entries = [{"Id": "good", "MessageBody": "a message"}, {"Id": "bad", "MessageBody": "b", **members}]
                answer = target.sqs.send_message_batch(QueueUrl=url, Entries=entries)
                expect("the outcome", _outcomes(answer), (["good"], [("bad", code, True)]))
                expect("the number sent", attribute(target, url, "ApproximateNumberOfMessages"), "1")


_declare_failing_entries()


@SQS.check(
    "DeleteMessageBatch fails the entry with an invalid handle alone: ReceiptHandleIsInvalid",
    "API_DeleteMessageBatch.html",
)
def delete_with_invalid_handle(target: Target) -> None:
    with queue(target) as url:
        send(target, url)
        handle = receive(target, url)[0]["ReceiptHandle"]
        entries = [{"Id": "good", "ReceiptHandle": handle}, {"Id": "bad", "ReceiptHandle": "none"}]
        answer = target.sqs.delete_message_batch(QueueUrl=url, Entries=entries)
        expect("the outcome", _outcomes(answer), (["good"], [("bad", "ReceiptHandleIsInvalid", True)]))


CHANGE = "API_ChangeMessageVisibilityBatch.html"


@SQS.check("ChangeMessageVisibilityBatch fails entries alone, each with its code", CHANGE)
def change_with_failing_entries(target: Target) -> None:
    with queue(target) as url:
        for body in ("one", "two", "three"):
            send(target, url, body)
        handles = [receive(target, url)[0]["ReceiptHandle"] for _ in range(3)]
        target.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handles[2], VisibilityTimeout=0)
        entries = [
            {"Id": "good", "ReceiptHandle": handles[0], "VisibilityTimeout": 60},
            {"Id": "long", "ReceiptHandle": handles[1], "VisibilityTimeout": 43_201},
            {"Id": "visible", "ReceiptHandle": handles[2], "VisibilityTimeout": 60},
            {"Id": "bad", "ReceiptHandle": "none", "VisibilityTimeout": 60},
        ]
        answer = target.sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)
        failed = [
            ("long", "InvalidParameterValue", True),
            ("visible", "MessageNotInflight", True),
            ("bad", "ReceiptHandleIsInvalid", True),
        ]
        expect("the outcome", _outcomes(answer), (["good"], failed))


@SQS.check("The messages of a batch to a FIFO queue are in the order of its entries", SEND)
def order_of_a_batch(target: Target) -> None:
    with queue(target, fifo=True) as url:
        entries = [
            {"Id": name, "MessageBody": name, "MessageGroupId": "g", "MessageDeduplicationId": name}
            for name in ("c", "a", "b")
        ]
        target.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        bodies = [each["Body"] for each in receive(target, url, MaxNumberOfMessages=10)]
        expect("the order", bodies, ["c", "a", "b"])


@SQS.check("An entry of a batch without DelaySeconds has that of the queue", SEND)
def delay_of_an_entry(target: Target) -> None:
    with queue(target, DelaySeconds="900") as url:
        entries = [{"Id": "a", "MessageBody": "a"}, {"Id": "b", "MessageBody": "b", "DelaySeconds": 0}]
        target.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        expect("the bodies", [each["Body"] for each in receive(target, url, MaxNumberOfMessages=10)], ["b"])


@SQS.check("A batch returns the digest of an entry's system attributes", SEND)
def digest_of_system_attributes(target: Target) -> None:
    with queue(target) as url:
        trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}}
        alone = send(target, url, MessageSystemAttributes=trace)["MD5OfMessageSystemAttributes"]
        entry = {"Id": "a", "MessageBody": "a", "MessageSystemAttributes": trace}
        (sent,) = target.sqs.send_message_batch(QueueUrl=url, Entries=[entry])["Successful"]
        expect("the digest", sent.get("MD5OfMessageSystemAttributes"), alone)
