"""Permissions, tags and lists."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from sim.localstack.conformance.documented.registry import Checks, expect, expect_error
from sim.localstack.conformance.documented.sqs.fixtures import API, GUIDE, attribute, pair, queue, redrive_policy
from sim.localstack.conformance.target import Target

SQS = Checks("SQS", API)

ACCOUNT = "111122223333"


# ---- permissions ----

ADD = "API_AddPermission.html"


def _add(
    label: str = "label", actions: tuple[str, ...] = ("SendMessage",), accounts: tuple[str, ...] = (ACCOUNT,)
) -> Callable[[Target], None]:
    def call(target: Target) -> None:
        with queue(target) as url:
            target.sqs.add_permission(QueueUrl=url, Label=label, AWSAccountIds=list(accounts), Actions=list(actions))

    return call


SEVEN = (
    "SendMessage",
    "ReceiveMessage",
    "DeleteMessage",
    "ChangeMessageVisibility",
    "GetQueueAttributes",
    "GetQueueUrl",
    "PurgeQueue",
)
SQS.accepts("AddPermission with seven actions", ADD, _add(actions=SEVEN))
SQS.refuses("OverLimit", "AddPermission with eight actions", ADD, _add(actions=(*SEVEN, "ListDeadLetterSourceQueues")))
SQS.accepts("AddPermission with all actions: *", ADD, _add(actions=("*",)))
SQS.refuses("MissingParameter", "AddPermission without an action", ADD, _add(actions=()))
SQS.refuses("InvalidParameterValue", "AddPermission with an unknown action", ADD, _add(actions=("Sing",)))
for action in ("CreateQueue", "SetQueueAttributes", "AddPermission", "TagQueue", "DeleteQueue"):
    SQS.refuses(
        "InvalidParameterValue", f"AddPermission of {action}, which is the owner's,", ADD, _add(actions=(action,))
    )
SQS.refuses("InvalidParameterValue", "AddPermission without an account", ADD, _add(accounts=()))
for title, account in {
    "of 11 digits": "1" * 11,
    "of letters": "a" * 12,
    "that is an ARN": f"arn:aws:iam::{ACCOUNT}:root",
}.items():
    SQS.refuses("InvalidParameterValue", f"AddPermission with an account {title}", ADD, _add(accounts=(account,)))
SQS.accepts("AddPermission with a label of 80 characters", ADD, _add(label="l" * 80))
for title, label in {
    "of 81 characters": "l" * 81,
    "with a blank": "a b",
    "of no character": "",
    "with a dot": "a.b",
}.items():
    SQS.refuses("InvalidParameterValue", f"AddPermission with a label {title}", ADD, _add(label=label))


@SQS.check("A permission's label must be new: InvalidParameterValue", ADD)
def label_twice(target: Target) -> None:
    with queue(target) as url:
        permission = {"QueueUrl": url, "Label": "label", "AWSAccountIds": [ACCOUNT], "Actions": ["SendMessage"]}
        target.sqs.add_permission(**permission)
        expect_error("InvalidParameterValue", lambda: target.sqs.add_permission(**permission))


@SQS.check("RemovePermission of an unknown label is refused: InvalidParameterValue", "API_RemovePermission.html")
def remove_unknown(target: Target) -> None:
    with queue(target) as url:
        expect_error("InvalidParameterValue", lambda: target.sqs.remove_permission(QueueUrl=url, Label="unknown"))


@SQS.check("AddPermission adds a statement to the queue's policy, RemovePermission removes it", ADD)
def permission_in_policy(target: Target) -> None:
    with queue(target) as url:
        target.sqs.add_permission(QueueUrl=url, Label="one", AWSAccountIds=[ACCOUNT], Actions=["SendMessage"])
        (statement,) = json.loads(attribute(target, url, "Policy") or "{}")["Statement"]
        shown = [statement[name] for name in ("Sid", "Effect", "Action", "Resource")]
        expect("the statement", shown, ["one", "Allow", "SQS:SendMessage", target.arn_of(url)])
        expect("its principal", statement["Principal"], {"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
        target.sqs.remove_permission(QueueUrl=url, Label="one")
        expect("the policy", attribute(target, url, "Policy"), None)


# ---- tags ----

TAG = "API_TagQueue.html"
TAG_QUOTAS = f"{GUIDE}sqs-queue-tags.html"


def _tag(tags: dict[str, str]) -> Callable[[Target], None]:
    def call(target: Target) -> None:
        with queue(target) as url:
            target.sqs.tag_queue(QueueUrl=url, Tags=tags)

    return call


SQS.refuses("MissingParameter", "TagQueue without tags", TAG, _tag({}))
SQS.accepts("TagQueue with 50 tags", TAG_QUOTAS, _tag({f"key-{number}": "v" for number in range(50)}))
SQS.refuses("InvalidParameterValue", "TagQueue with 51 tags", TAG_QUOTAS, _tag({f"key-{n}": "v" for n in range(51)}))
SQS.accepts("A tag with a key of 128 and a value of 256 characters", TAG_QUOTAS, _tag({"k" * 128: "v" * 256}))
SQS.accepts("A tag without a value", TAG_QUOTAS, _tag({"key": ""}))
SQS.accepts("A tag with letters, digits, blanks and _ . : / = + - @", TAG_QUOTAS, _tag({"k\u00e9y 1": "_.:/=+-@"}))
for title, tags in {
    "with a key of 129 characters": {"k" * 129: "v"},
    "with a value of 257 characters": {"key": "v" * 257},
    "with an empty key": {"": "v"},
    "with a key that begins with aws:": {"aws:key": "v"},
    "with a key that begins with AWS:": {"AWS:key": "v"},
    "with a question mark in its key": {"key?": "v"},
    "with an exclamation mark in its value": {"key": "v!"},
}.items():
    SQS.refuses("InvalidParameterValue", f"A tag {title}", TAG_QUOTAS, _tag(tags))


@SQS.check("Tags that a queue has count for the limit of 50; one that is overwritten does not", TAG_QUOTAS)
def tags_in_all(target: Target) -> None:
    with queue(target) as url:
        target.sqs.tag_queue(QueueUrl=url, Tags={f"key-{number}": "v" for number in range(50)})
        target.sqs.tag_queue(QueueUrl=url, Tags={"key-0": "w"})
        expect_error("InvalidParameterValue", lambda: target.sqs.tag_queue(QueueUrl=url, Tags={"one-more": "v"}))
        expect("the value", target.sqs.list_queue_tags(QueueUrl=url)["Tags"]["key-0"], "w")


@SQS.check("Keys of tags are case-sensitive; UntagQueue removes those that it names", TAG)
def tags_are_case_sensitive(target: Target) -> None:
    with queue(target) as url:
        target.sqs.tag_queue(QueueUrl=url, Tags={"Team": "a", "team": "b"})
        target.sqs.untag_queue(QueueUrl=url, TagKeys=["Team", "unknown"])
        expect("the tags", target.sqs.list_queue_tags(QueueUrl=url).get("Tags"), {"team": "b"})


SQS.refuses(
    "InvalidParameterValue",
    "UntagQueue without keys",
    "API_UntagQueue.html",
    lambda target: _untag(target),
)


def _untag(target: Target) -> None:
    with queue(target) as url:
        target.sqs.untag_queue(QueueUrl=url, TagKeys=[])


@SQS.check("CreateQueue with a reserved tag is refused: InvalidParameterValue", "API_CreateQueue.html")
def create_with_reserved_tag(target: Target) -> None:
    name = target.new_name()
    expect_error("InvalidParameterValue", lambda: target.sqs.create_queue(QueueName=name, tags={"aws:owner": "v"}))
    expect_error("NonExistentQueue", lambda: target.sqs.get_queue_url(QueueName=name))


# ---- lists ----


def _declare_pages() -> None:
    for max_results in (0, -1, 1001):
        SQS.refuses(
            "InvalidParameterValue",
            f"ListQueues with MaxResults={max_results}",
            "API_ListQueues.html",
            lambda target, count=max_results: target.sqs.list_queues(MaxResults=count),  # type: ignore[misc]
        )

        def sources(target: Target, count: int = max_results) -> None:
            with queue(target) as url:
                target.sqs.list_dead_letter_source_queues(QueueUrl=url, MaxResults=count)

        SQS.refuses(
            "InvalidParameterValue",
            f"ListDeadLetterSourceQueues with MaxResults={max_results}",
            "API_ListDeadLetterSourceQueues.html",
            sources,
        )


_declare_pages()
SQS.accepts(
    "ListQueues with MaxResults=1000", "API_ListQueues.html", lambda target: target.sqs.list_queues(MaxResults=1000)
)
SQS.refuses(
    "InvalidParameterValue",
    "ListQueues with a token that is none",
    "API_ListQueues.html",
    lambda target: target.sqs.list_queues(MaxResults=1, NextToken="none"),
)


@SQS.check("ListQueues returns MaxResults queues and a token for the next ones", "API_ListQueues.html")
def pages_of_queues(target: Target) -> None:
    prefix = target.new_name()
    with ExitStack() as created:
        for number in range(3):
            url = target.sqs.create_queue(QueueName=f"{prefix}-{number}")["QueueUrl"]
            created.callback(target.sqs.delete_queue, QueueUrl=url)
        first = target.sqs.list_queues(QueueNamePrefix=prefix, MaxResults=2)
        second = target.sqs.list_queues(QueueNamePrefix=prefix, MaxResults=2, NextToken=first["NextToken"])
        expect("the sizes", [len(each["QueueUrls"]) for each in (first, second)], [2, 1])
        expect("the last token", second.get("NextToken"), None)
        expect("the number", len({*first["QueueUrls"], *second["QueueUrls"]}), 3)


@SQS.check("ListDeadLetterSourceQueues returns MaxResults queues and a token", "API_ListDeadLetterSourceQueues.html")
def pages_of_sources(target: Target) -> None:
    with ExitStack() as created:
        dead_letters = created.enter_context(queue(target))
        redrive = redrive_policy(target.arn_of(dead_letters))
        expected = {created.enter_context(queue(target, RedrivePolicy=redrive)) for _ in range(3)}
        first = target.sqs.list_dead_letter_source_queues(QueueUrl=dead_letters, MaxResults=2)
        expect("the size of the first page", len(first["queueUrls"]), 2)
        second = target.sqs.list_dead_letter_source_queues(
            QueueUrl=dead_letters, MaxResults=2, NextToken=first["NextToken"]
        )
        expect("all sources", {*first["queueUrls"], *second["queueUrls"]}, expected)
        expect("the last token", second.get("NextToken"), None)


@SQS.check("A queue without a redrive policy is no source", "API_ListDeadLetterSourceQueues.html")
def no_sources(target: Target) -> None:
    with pair(target) as (jobs, _):
        expect("the sources", target.sqs.list_dead_letter_source_queues(QueueUrl=jobs)["queueUrls"], [])


@SQS.check("GetQueueUrl returns the URL of a queue", "API_GetQueueUrl.html")
def url_of_a_queue(target: Target) -> None:
    with queue(target) as url:
        expect("the URL", target.sqs.get_queue_url(QueueName=url.rpartition("/")[2])["QueueUrl"], url)


# ---- parameters that are missing ----


def _declare_missing_parameters() -> None:
    everything: dict[str, dict[str, Any]] = {
        "CreateQueue": {"QueueName": "any"},
        "GetQueueUrl": {"QueueName": "any"},
        "SetQueueAttributes": {"QueueUrl": "", "Attributes": {"DelaySeconds": "1"}},
        "SendMessage": {"QueueUrl": "", "MessageBody": "a message"},
        "SendMessageBatch": {"QueueUrl": ""},
        "ReceiveMessage": {"QueueUrl": ""},
        "DeleteMessage": {"QueueUrl": "", "ReceiptHandle": "any"},
        "ChangeMessageVisibility": {"QueueUrl": "", "ReceiptHandle": "any", "VisibilityTimeout": 1},
        "AddPermission": {"QueueUrl": "", "Label": "a", "AWSAccountIds": [ACCOUNT], "Actions": ["*"]},
        "RemovePermission": {"QueueUrl": "", "Label": "a"},
        "TagQueue": {"QueueUrl": "", "Tags": {"a": "b"}},
        "UntagQueue": {"QueueUrl": "", "TagKeys": ["a"]},
        "StartMessageMoveTask": {"SourceArn": "any"},
        "ListMessageMoveTasks": {"SourceArn": "any"},
        "CancelMessageMoveTask": {"TaskHandle": "any"},
    }
    for operation, request in everything.items():
        for parameter in request:

            def call(target: Target, operation: str = operation, parameter: str = parameter) -> None:
                with queue(target) as url:
                    given = {
                        **everything[operation],
                        **({"QueueUrl": url} if "QueueUrl" in everything[operation] else {}),
                    }
                    del given[parameter]
                    target.sqs._make_api_call(operation, given)

            SQS.refuses("MissingParameter", f"{operation} without {parameter}", f"API_{operation}.html", call)


_declare_missing_parameters()
