"""How an error of SQS is written in JSON: its type has a namespace, and a header has the older protocol's code."""

import json
import re
from typing import Any
from urllib.parse import urlencode

from botocore.credentials import Credentials

from sim.localstack.conformance.documented.registry import Checks, expect
from sim.localstack.conformance.documented.requests import Http, json_call, role_of, root_of, signed
from sim.localstack.conformance.documented.sqs.fixtures import API, GUIDE, queue
from sim.localstack.conformance.target import Target

SQS = Checks("SQS", API)

JSON_ERRORS = f"{GUIDE}sqs-json-api-responses.html"
COMMON_ERRORS = "CommonErrors.html"
"""The model of SQS does not have these. Their namespace in an answer of AWS: github.com/http4k/http4k/pull/1336."""

OWN = "com.amazonaws.sqs"
COMMON = "com.amazon.coral.service"
PREFIX = "AWS.SimpleQueueService."

Error = tuple[str, str, str]
"""Namespace, name, and the older protocol's code."""

NO_QUEUE: Error = (OWN, "QueueDoesNotExist", f"{PREFIX}NonExistentQueue")
MISSING = "http://sqs/000000000000/is-missing"
"""Which account is meant does not matter: no queue has this name."""


def _expect_error(
    target: Target, operation: str, given: dict[str, Any], error: Error, by: Credentials | None = None
) -> None:
    namespace, name, code = error
    call = json_call(f"AmazonSQS.{operation}", "1.0", json.dumps(given).encode())
    answer, text = signed(target, "sqs", call, by=by).exchange(target)
    expect("the type", json.loads(text).get("__type"), f"{namespace}#{name}")
    expect("the header with the older code", answer.getheader("x-amzn-query-error"), f"{code};Sender")
    expect("the header with a type", answer.getheader("x-amzn-errortype"), None)


def _check(operation: str, given: dict[str, Any], error: Error, source: str, more: str = "") -> None:
    namespace, name, _ = error

    @SQS.check(f"{operation}{more} answers with an error of the type {namespace}#{name}", source)
    def has_the_type(target: Target) -> None:
        with queue(target) as url:
            _expect_error(target, operation, {"QueueUrl": url, **given}, error)


CALLS: dict[str, dict[str, Any]] = {
    "GetQueueUrl": {"QueueName": "is-missing"},
    "GetQueueAttributes": {"QueueUrl": MISSING},
    "SendMessage": {"QueueUrl": MISSING, "MessageBody": "a message"},
    "SendMessageBatch": {"QueueUrl": MISSING, "Entries": [{"Id": "a", "MessageBody": "a message"}]},
    "ReceiveMessage": {"QueueUrl": MISSING},
    "DeleteMessage": {"QueueUrl": MISSING, "ReceiptHandle": "any"},
    "ListQueueTags": {"QueueUrl": MISSING},
    "TagQueue": {"QueueUrl": MISSING, "Tags": {"key": "value"}},
    "DeleteQueue": {"QueueUrl": MISSING},
}

for operation, given in CALLS.items():
    _check(operation, given, NO_QUEUE, JSON_ERRORS, " of a queue that does not exist")

BATCH = "SendMessageBatch"
ENTRY = {"Id": "a", "MessageBody": "a message"}
MISSING_PARAMETER: Error = (COMMON, "MissingRequiredParameterException", "MissingParameter")
INVALID_PARAMETER: Error = (COMMON, "InvalidParameterValueException", "InvalidParameterValue")

for operation, given, name, prefix in (
    ("SetQueueAttributes", {"Attributes": {"Sound": "1"}}, "InvalidAttributeName", ""),
    ("SetQueueAttributes", {"Attributes": {"DelaySeconds": "x"}}, "InvalidAttributeValue", ""),
    ("DeleteMessage", {"ReceiptHandle": "any"}, "ReceiptHandleIsInvalid", ""),
    ("SendMessage", {"MessageBody": "a\0"}, "InvalidMessageContents", ""),
    (BATCH, {"Entries": []}, "EmptyBatchRequest", PREFIX),
    (BATCH, {"Entries": [ENTRY] * 11}, "TooManyEntriesInBatchRequest", PREFIX),
    (BATCH, {"Entries": [ENTRY] * 2}, "BatchEntryIdsNotDistinct", PREFIX),
    (BATCH, {"Entries": [{**ENTRY, "Id": "a.b"}]}, "InvalidBatchEntryId", PREFIX),
):
    _check(operation, given, (OWN, name, prefix + name), JSON_ERRORS)

_check("SendMessage", {"MessageBody": ""}, MISSING_PARAMETER, COMMON_ERRORS)
_check("SendMessage", {"MessageBody": "a", "DelaySeconds": 901}, INVALID_PARAMETER, COMMON_ERRORS)
_check("ReceiveMessage", {"MaxNumberOfMessages": 11}, INVALID_PARAMETER, COMMON_ERRORS)


@SQS.check(
    f"A call that no policy allows answers with an error of the type {COMMON}#AccessDeniedException", COMMON_ERRORS
)
def denied(target: Target) -> None:
    with role_of(target, root_of(target), "s3:ListBuckets") as (_, session):
        _expect_error(target, "ListQueues", {}, (COMMON, "AccessDeniedException", "AccessDenied"), by=session)


@SQS.check(
    "The older protocol keeps its prefix: AWS.SimpleQueueService.NonExistentQueue", f"{GUIDE}sqs-xml-api-responses.html"
)
def older_code(target: Target) -> None:
    body = urlencode({"Action": "GetQueueUrl", "Version": "2012-11-05", "QueueName": "is-missing"}).encode()
    form = Http("POST", "/", {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, body)
    _, text = signed(target, "sqs", form).exchange(target)
    expect("the code", re.findall("<Code>(.*?)</Code>", text), [f"{PREFIX}NonExistentQueue"])
