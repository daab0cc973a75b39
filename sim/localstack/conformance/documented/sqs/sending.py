"""SendMessage: bodies, attributes, delays, and the ids of FIFO queues."""

from collections.abc import Callable
from typing import Any

from sim.localstack.conformance.check import Deviation
from sim.localstack.conformance.documented.registry import Checks, expect, expect_error
from sim.localstack.conformance.documented.sqs.fixtures import API, GUIDE, attribute, queue, receive, receive_one, send
from sim.localstack.conformance.target import NotConformant, Target

SQS = Checks("SQS", API)

SEND = "API_SendMessage.html"
ATTRIBUTES = f"{GUIDE}sqs-message-metadata.html"
MIB = 1_048_576


def _send(body: str | None = "a message", *, fifo: bool = False, **more: Any) -> Callable[[Target], None]:
    def call(target: Target) -> None:
        with queue(target, fifo=fifo) as url:
            given = {} if body is None else {"MessageBody": body}
            target.sqs.send_message(QueueUrl=url, **given, **more)

    return call


# ---- bodies ----

SQS.refuses("MissingParameter", "A message without a body", SEND, _send(None))
SQS.refuses("MissingParameter", "A message with an empty body", SEND, _send(""))
for title, character in {
    "U+0000": "\0",
    "U+0008": "\b",
    "U+000B": "\v",
    "U+001F": "\x1f",
    "U+D800": "\ud800",
    "U+DFFF": "\udfff",
    "U+FFFE": "\ufffe",
    "U+FFFF": "\uffff",
}.items():
    SQS.refuses("InvalidMessageContents", f"A body with the character {title}", SEND, _send(f"a{character}b"))
for title, character in {
    "U+0009": "\t",
    "U+000A": "\n",
    "U+000D": "\r",
    "U+D7FF": "\ud7ff",
    "U+E000": "\ue000",
    "U+FFFD": "\ufffd",
    "U+10000": "\U00010000",
    "U+10FFFF": "\U0010ffff",
}.items():
    SQS.accepts(f"A body with the character {title}", SEND, _send(f"a{character}b"))
SQS.accepts("A body of 1 MiB", SEND, _send("b" * MIB))
SQS.refuses("InvalidParameterValue", "A body of 1 MiB and a byte", SEND, _send("b" * (MIB + 1)))
SQS.refuses(
    "InvalidParameterValue",
    "A body of 1 MiB and a byte in UTF-8, of fewer characters,",
    SEND,
    _send("\u00e9" * 524_289),
)


@SQS.check("Names, types and values of attributes count for the size", f"{GUIDE}quotas-messages.html")
def size_with_attributes(target: Target) -> None:
    with queue(target, MaximumMessageSize="1024") as url:
        words = {"abcd": {"DataType": "String", "StringValue": "v" * 10}}
        send(target, url, "b" * 1004, MessageAttributes=words)
        expect_error("InvalidParameterValue", lambda: send(target, url, "b" * 1005, MessageAttributes=words))


@SQS.check("MaximumMessageSize of the queue counts", SEND)
def maximum_size_of_the_queue(target: Target) -> None:
    with queue(target, MaximumMessageSize="1024") as url:
        send(target, url, "b" * 1024)
        expect_error("InvalidParameterValue", lambda: send(target, url, "b" * 1025))


@SQS.check(
    "A message to a queue whose KMS key does not exist is refused: KMS.NotFoundException",
    f"{GUIDE}sqs-key-management.html",
    deviation=Deviation("accepted", "The emulator has no KMS: messages are not encrypted, and keys are not looked up."),
)
def key_that_does_not_exist(target: Target) -> None:
    with queue(target, KmsMasterKeyId=f"alias/{target.new_name()}") as url:
        expect_error("KMS.NotFoundException", lambda: send(target, url))


# ---- delays ----

for seconds in (-1, 901, 100_000):
    SQS.refuses("InvalidParameterValue", f"A message with DelaySeconds={seconds}", SEND, _send(DelaySeconds=seconds))
for seconds in (0, 900):
    SQS.accepts(f"A message with DelaySeconds={seconds}", SEND, _send(DelaySeconds=seconds))
for seconds in (1, 900, -1):
    SQS.refuses(
        "InvalidParameterValue",
        f"A message with DelaySeconds={seconds} to a FIFO queue",
        SEND,
        _send(fifo=True, DelaySeconds=seconds, MessageGroupId="g", MessageDeduplicationId="d"),
    )


@SQS.check("A message's DelaySeconds overrides that of its queue", SEND)
def delay_of_message(target: Target) -> None:
    with queue(target, DelaySeconds="900") as url:
        send(target, url, "at once", DelaySeconds=0)
        expect("the body", receive_one(target, url)["Body"], "at once")


@SQS.check("A message without DelaySeconds has that of its queue", SEND, passes_time=True)
def delay_of_queue(target: Target) -> None:
    with queue(target, DelaySeconds="300") as url:
        send(target, url)
        expect("the number delayed", attribute(target, url, "ApproximateNumberOfMessagesDelayed"), "1")
        target.pass_time(290)
        expect("the number received early", len(receive(target, url, WaitTimeSeconds=0)), 0)
        target.pass_time(11)
        receive_one(target, url)


# ---- attributes ----


def _with(name: str, **attribute: Any) -> Callable[[Target], None]:
    return _send(MessageAttributes={name: attribute})


def _number(text: str) -> Callable[[Target], None]:
    return _with("name", DataType="Number", StringValue=text)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 20 else f"{text[:10]}… ({len(text)} characters)")


NO_NUMBERS = (
    *("1e400", "-1e400", "1.1e126", f"1{'0' * 126}1", "1e-129", "-1e-129", "1" * 39, f"0.{'1' * 39}"),
    *("1e9999999999", f"1e{'9' * 30}"),
    *("nan", "inf", "1_000", "1,000", " 1", "\N{ARABIC-INDIC DIGIT ONE}"),
)
NUMBERS = (*("0", "-0", "0e400", "1e126", "-1e126", "1e-128", "1" * 38, f"{'0' * 99}1{'0' * 99}", "+1", "1.", ".5"),)
"""At most 38 digits, zeros at both ends not counted, and between 10^-128 and 10^126."""


def _text(name: str) -> Callable[[Target], None]:
    return _with(name, DataType="String", StringValue="v")


for title, call in {
    "with an empty name": _text(""),
    "with a name that begins with AWS.": _text("AWS.Trace"),
    "with a name that begins with aws.": _text("aws.trace"),
    "with a name that begins with Amazon.": _text("Amazon.Trace"),
    "with a name that begins with aMaZoN.": _text("aMaZoN.trace"),
    "with a name that begins with a dot": _text(".name"),
    "with a name that ends with a dot": _text("name."),
    "with two dots in succession in its name": _text("a..b"),
    "with a blank in its name": _text("two words"),
    "with a slash in its name": _text("a/b"),
    "with a name of 257 characters": _text("n" * 257),
    "without a type": _with("name", StringValue="v"),
    "with an empty type": _with("name", DataType="", StringValue="v"),
    "of the type Boolean": _with("name", DataType="Boolean", StringValue="true"),
    "of the type string": _with("name", DataType="string", StringValue="v"),
    "of a type of 257 characters": _with("name", DataType="String." + "t" * 250, StringValue="v"),
    "String without a value": _with("name", DataType="String"),
    "String with an empty value": _with("name", DataType="String", StringValue=""),
    "String with a binary value": _with("name", DataType="String", BinaryValue=b"v"),
    "String with a label and an empty value": _with("name", DataType="String.word", StringValue=""),
    "String with the character U+0001": _with("name", DataType="String", StringValue="a\x01"),
    "Number with an empty value": _with("name", DataType="Number", StringValue=""),
    "Number with a word": _with("name", DataType="Number", StringValue="ten"),
    "Number with a hexadecimal number": _with("name", DataType="Number", StringValue="0x10"),
    "Number with a binary value": _with("name", DataType="Number", BinaryValue=b"1"),
    **{f"Number with {_shown(text)}": _number(text) for text in NO_NUMBERS},
    "Number.int with a word": _with("name", DataType="Number.int", StringValue="ten"),
    "Binary with an empty value": _with("name", DataType="Binary", BinaryValue=b""),
    "Binary with a text": _with("name", DataType="Binary", StringValue="v"),
    "with a list of texts": _with("name", DataType="String", StringListValues=["v"]),
}.items():
    SQS.refuses("InvalidParameterValue", f"A message attribute {title}", ATTRIBUTES, call)
for title, call in {
    "with letters, digits, _, - and . in its name": _text("Az09_-.z"),
    "with a name that begins with AWSome": _text("AWSome"),
    "of the type String.word": _with("name", DataType="String.word", StringValue="v"),
    "Number with an integer": _with("name", DataType="Number", StringValue="10"),
    "Number with a negative fraction": _with("name", DataType="Number", StringValue="-1.50"),
    "Number with an exponent": _with("name", DataType="Number", StringValue="1e3"),
    **{f"Number with {_shown(text)}": _number(text) for text in NUMBERS},
    "Number.int": _with("name", DataType="Number.int", StringValue="10"),
    "Binary": _with("name", DataType="Binary", BinaryValue=b"\x00\xff"),
    "Binary.png": _with("name", DataType="Binary.png", BinaryValue=b"\x00\xff"),
}.items():
    SQS.accepts(f"A message attribute {title}", ATTRIBUTES, call)


def _many(count: int) -> Callable[[Target], None]:
    value = {"DataType": "String", "StringValue": "v"}
    return _send(MessageAttributes={f"name-{number}": value for number in range(count)})


SQS.accepts("A message with ten attributes", ATTRIBUTES, _many(10))
SQS.refuses("InvalidParameterValue", "A message with eleven attributes", ATTRIBUTES, _many(11))

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
for title, name, value in (
    ("other than AWSTraceHeader", "Priority", {"DataType": "String", "StringValue": "high"}),
    ("of the type Number", "AWSTraceHeader", {"DataType": "Number", "StringValue": "1"}),
    ("without a value", "AWSTraceHeader", {"DataType": "String", "StringValue": ""}),
):
    SQS.refuses(
        "InvalidParameterValue",
        f"A message system attribute {title}",
        SEND,
        _send(MessageSystemAttributes={name: value}),
    )


@SQS.check("The trace header arrives, and does not count for the size", SEND)
def trace_header(target: Target) -> None:
    with queue(target, MaximumMessageSize="1024") as url:
        header = {"AWSTraceHeader": {"DataType": "String", "StringValue": TRACE}}
        send(target, url, "b" * 1024, MessageSystemAttributes=header)
        expect("the header", receive_one(target, url)["Attributes"].get("AWSTraceHeader"), TRACE)


# ---- FIFO queues and fair queues ----

PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

for parameter in ("MessageGroupId", "MessageDeduplicationId"):
    others = {"MessageGroupId": "g", "MessageDeduplicationId": "d"}
    for title, token in {
        "of 129 characters": "t" * 129,
        "of no character": "",
        "with a blank": "a b",
        "with a line feed at its end": "token\n",
        "with an umlaut": "t\u00fcr",
    }.items():
        SQS.refuses(
            "InvalidParameterValue",
            f"A {parameter} {title}",
            SEND,
            _send(fifo=True, **{**others, parameter: token}),
        )
    for title, token in {"of 128 characters": "t" * 128, "of all punctuation": PUNCTUATION}.items():
        SQS.accepts(f"A {parameter} {title}", SEND, _send(fifo=True, **{**others, parameter: token}))
SQS.refuses(
    "MissingParameter",
    "A message without a group to a FIFO queue",
    SEND,
    _send(fifo=True, MessageDeduplicationId="d"),
)
SQS.refuses(
    "InvalidParameterValue",
    "A message without an id for deduplication, to a FIFO queue that does not deduplicate by content,",
    SEND,
    _send(fifo=True, MessageGroupId="g"),
)
SQS.refuses(
    "InvalidParameterValue",
    "A message with an id for deduplication to a standard queue",
    SEND,
    _send(MessageDeduplicationId="d"),
)
SQS.accepts(
    "A message with a group to a standard queue: a fair queue",
    f"{GUIDE}sqs-fair-queues.html",
    _send(MessageGroupId="tenant"),
)


@SQS.check("A message's group arrives from a standard queue, too", f"{GUIDE}sqs-fair-queues.html")
def group_of_a_fair_queue(target: Target) -> None:
    with queue(target) as url:
        send(target, url, MessageGroupId="tenant")
        expect("the group", receive_one(target, url)["Attributes"].get("MessageGroupId"), "tenant")


def _sent_twice(target: Target, url: str, first: dict[str, Any], second: dict[str, Any]) -> int:
    for more in (first, second):
        target.sqs.send_message(QueueUrl=url, MessageGroupId="g", **more)
    return int(attribute(target, url, "ApproximateNumberOfMessages") or 0)


@SQS.check("A second message with the same id within 5 minutes is accepted, and not delivered", SEND)
def deduplicated_by_id(target: Target) -> None:
    with queue(target, fifo=True) as url:
        first = {"MessageBody": "one", "MessageDeduplicationId": "d"}
        second = {"MessageBody": "two", "MessageDeduplicationId": "d"}
        expect("the number of messages", _sent_twice(target, url, first, second), 1)


@SQS.check("5 minutes after a message its id for deduplication is free", SEND, passes_time=True)
def deduplication_ends(target: Target) -> None:
    with queue(target, fifo=True) as url:
        for body in ("one", "two"):
            send(target, url, body, MessageDeduplicationId="d")
            target.pass_time(301)
        expect("the number of messages", attribute(target, url, "ApproximateNumberOfMessages"), "2")


@SQS.check("An id counts for deduplication after its message was deleted, too", SEND)
def deduplicated_after_deletion(target: Target) -> None:
    with queue(target, fifo=True) as url:
        send(target, url, MessageDeduplicationId="d")
        target.sqs.delete_message(QueueUrl=url, ReceiptHandle=receive_one(target, url)["ReceiptHandle"])
        send(target, url, MessageDeduplicationId="d")
        expect("the number of messages", attribute(target, url, "ApproximateNumberOfMessages"), "0")


@SQS.check("Deduplication by content takes messages of the same body for one, whatever their attributes", SEND)
def deduplicated_by_content(target: Target) -> None:
    with queue(target, fifo=True, ContentBasedDeduplication="true") as url:
        words = {"a": {"DataType": "String", "StringValue": "b"}}
        first, second = {"MessageBody": "one"}, {"MessageBody": "one", "MessageAttributes": words}
        expect("the number of messages", _sent_twice(target, url, first, second), 1)


@SQS.check("An id of a message overrides deduplication by content", SEND)
def id_overrides_content(target: Target) -> None:
    with queue(target, fifo=True, ContentBasedDeduplication="true") as url:
        first = {"MessageBody": "one", "MessageDeduplicationId": "d"}
        second = {"MessageBody": "one", "MessageDeduplicationId": "e"}
        expect("the number of messages", _sent_twice(target, url, first, second), 2)


@SQS.check("With the scope messageGroup, the same id in two groups is two messages", "API_CreateQueue.html")
def deduplication_per_group(target: Target) -> None:
    with queue(target, fifo=True, DeduplicationScope="messageGroup") as url:
        for group in ("g", "h"):
            send(target, url, MessageGroupId=group, MessageDeduplicationId="d")
        expect("the number of messages", attribute(target, url, "ApproximateNumberOfMessages"), "2")


@SQS.check("With the scope messageGroup, an id counts in its group, whatever other groups send", "API_CreateQueue.html")
def deduplication_in_each_group(target: Target) -> None:
    with queue(target, fifo=True, DeduplicationScope="messageGroup") as url:
        ids = [send(target, url, MessageGroupId=group, MessageDeduplicationId="d")["MessageId"] for group in "ghgh"]
        expect("the number of messages", attribute(target, url, "ApproximateNumberOfMessages"), "2")
        expect("the ids of the duplicates", ids[2:], ids[:2])


@SQS.check("Sequence numbers of a group have 20 digits and increase", "API_SendMessage.html")
def sequence_numbers(target: Target) -> None:
    with queue(target, fifo=True) as url:
        first, second = (str(send(target, url).get("SequenceNumber")) for _ in range(2))
        if not (len(first) == len(second) == 20 and first < second):
            raise NotConformant(f"they are {first} and {second}")
