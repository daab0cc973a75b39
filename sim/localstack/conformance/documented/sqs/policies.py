"""Access policies, redrive policies and redrive allow policies."""

import json
from collections.abc import Callable
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
from sim.localstack.conformance.target import Target

SQS = Checks("SQS", API)

DEAD_LETTERS = f"{GUIDE}sqs-dead-letter-queues.html"
POLICY_QUOTAS = f"{GUIDE}quotas-policies.html"


def _set(name: str, value: object) -> Callable[[Target], None]:
    def call(target: Target) -> None:
        with queue(target) as url:
            text = value if isinstance(value, str) else json.dumps(value)
            target.sqs.set_queue_attributes(QueueUrl=url, Attributes={name: text})

    return call


# ---- access policies ----


def _statement(**changes: object) -> dict[str, object]:
    statement: dict[str, object] = {
        "Sid": "one",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
        **changes,
    }
    return {name: value for name, value in statement.items() if value is not None}


def _policy(*statements: object, version: object = "2012-10-17") -> dict[str, object]:
    return {"Version": version, "Statement": list(statements)}


for title, value in {
    "that is no JSON": "{not json",
    "that is a JSON list": "[]",
    "that is a JSON string": '"allow"',
    "without a statement": {"Version": "2012-10-17"},
    "with an empty list of statements": _policy(),
    "of an unknown version": _policy(_statement(), version="2020-01-01"),
    "with a statement without an effect": _policy(_statement(Effect=None)),
    "with the effect Permit": _policy(_statement(Effect="Permit")),
    "with a statement without a principal": _policy(_statement(Principal=None)),
    "with a statement without an action": _policy(_statement(Action=None)),
    "with a statement that is no object": _policy("allow"),
}.items():
    SQS.refuses(
        "InvalidAttributeValue",
        f"A policy {title}",
        "API_SetQueueAttributes.html",
        _set("Policy", value),
    )
SQS.accepts("A policy", "API_SetQueueAttributes.html", _set("Policy", _policy(_statement())))
SQS.accepts("A policy of 20 statements", POLICY_QUOTAS, _set("Policy", _policy(*[_statement()] * 20)))
SQS.refuses("OverLimit", "A policy of 21 statements", POLICY_QUOTAS, _set("Policy", _policy(*[_statement()] * 21)))
SQS.refuses(
    "OverLimit",
    "A policy with eight actions in a statement",
    POLICY_QUOTAS,
    _set("Policy", _policy(_statement(Action=["sqs:SendMessage"] * 8))),
)


@SQS.check("An empty policy removes the policy", "API_SetQueueAttributes.html")
def empty_policy(target: Target) -> None:
    with queue(target, Policy=json.dumps(_policy(_statement()))) as url:
        target.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
        expect("the policy", attribute(target, url, "Policy"), None)


# ---- redrive policies ----


def _redrive(value: Callable[[str], object], *, fifo: bool = False, dead_letters_fifo: bool = False) -> Any:
    """Set a redrive policy that is made from the ARN of a dead-letter queue."""

    def call(target: Target) -> None:
        with queue(target, fifo=dead_letters_fifo) as dead_letters, queue(target, fifo=fifo) as url:
            made = value(target.arn_of(dead_letters))
            text = made if isinstance(made, str) else json.dumps(made)
            target.sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": text})

    return call


SQS.refuses("InvalidAttributeValue", "A redrive policy that is no JSON", DEAD_LETTERS, _redrive(lambda _: "{not json"))
SQS.refuses("InvalidAttributeValue", "A redrive policy that is a JSON list", DEAD_LETTERS, _redrive(lambda _: []))
for title, value_of in {
    "that is an empty object": lambda _: {},
    "without maxReceiveCount": lambda arn: {"deadLetterTargetArn": arn},
    "without deadLetterTargetArn": lambda _: {"maxReceiveCount": 3},
    "with an unknown member": lambda arn: {"deadLetterTargetArn": arn, "maxReceiveCount": 3, "delay": 1},
    "with maxReceiveCount=0": lambda arn: redrive_policy(arn, 0),
    "with maxReceiveCount=-1": lambda arn: redrive_policy(arn, -1),
    "with maxReceiveCount=1001": lambda arn: redrive_policy(arn, 1001),
    'with maxReceiveCount="1001"': lambda arn: redrive_policy(arn, "1001"),
    'with maxReceiveCount="abc"': lambda arn: redrive_policy(arn, "abc"),
    'with maxReceiveCount=""': lambda arn: redrive_policy(arn, ""),
    "with maxReceiveCount=2.5": lambda arn: redrive_policy(arn, 2.5),
    "with maxReceiveCount=null": lambda arn: redrive_policy(arn, None),
    "with a dead-letter queue that does not exist": lambda arn: redrive_policy(f"{arn}-not"),
    "with a name in place of an ARN": lambda arn: redrive_policy(arn.rpartition(":")[2]),
    "with an ARN that is no string": lambda arn: {"deadLetterTargetArn": [arn], "maxReceiveCount": 3},
    "with the ARN of a topic": lambda arn: redrive_policy(arn.replace(":sqs:", ":sns:")),
    "with a dead-letter queue in another region": lambda arn: redrive_policy(arn.replace("us-east-1", "eu-west-1")),
    "with a dead-letter queue of another account": lambda arn: redrive_policy(
        ":".join([*arn.split(":")[:4], "111122223333", arn.rpartition(":")[2]])
    ),
}.items():
    SQS.refuses("InvalidParameterValue", f"A redrive policy {title}", DEAD_LETTERS, _redrive(value_of))
SQS.refuses(
    "InvalidParameterValue",
    "A standard queue with a FIFO dead-letter queue",
    DEAD_LETTERS,
    _redrive(redrive_policy, dead_letters_fifo=True),
)
SQS.refuses(
    "InvalidParameterValue",
    "A FIFO queue with a standard dead-letter queue",
    DEAD_LETTERS,
    _redrive(redrive_policy, fifo=True),
)
for count in (1, 1000, "3"):
    SQS.accepts(
        f"A redrive policy with maxReceiveCount={json.dumps(count)}",
        DEAD_LETTERS,
        _redrive(lambda arn, count=count: redrive_policy(arn, count)),  # type: ignore[misc]
    )
SQS.accepts(
    "A FIFO queue with a FIFO dead-letter queue",
    DEAD_LETTERS,
    _redrive(redrive_policy, fifo=True, dead_letters_fifo=True),
)


@SQS.check("CreateQueue with a dead-letter queue that does not exist is refused: InvalidParameterValue", DEAD_LETTERS)
def create_with_missing_target(target: Target) -> None:
    name = target.new_name()
    arn = f"arn:aws:sqs:us-east-1:{target.account}:{name}-dlq"
    expect_error(
        "InvalidParameterValue",
        lambda: target.sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": redrive_policy(arn)}),
    )


@SQS.check("maxReceiveCount is a number in the policy that is returned, also where it was a string", DEAD_LETTERS)
def count_as_number(target: Target) -> None:
    with queue(target) as dead_letters:
        arn = target.arn_of(dead_letters)
        given = {"RedrivePolicy": redrive_policy(arn, "5")}
        with queue(target, RedrivePolicy=given["RedrivePolicy"]) as url:
            found = json.loads(attribute(target, url, "RedrivePolicy") or "{}")
            expect("the policy", found, {"deadLetterTargetArn": arn, "maxReceiveCount": 5})
            again = target.sqs.create_queue(QueueName=url.rpartition("/")[2], Attributes=given)["QueueUrl"]
            expect("the URL of the same queue", again, url)


@SQS.check("An empty redrive policy removes the redrive policy", "API_SetQueueAttributes.html")
def empty_redrive_policy(target: Target) -> None:
    with pair(target) as (jobs, _):
        target.sqs.set_queue_attributes(QueueUrl=jobs, Attributes={"RedrivePolicy": ""})
        expect("the redrive policy", attribute(target, jobs, "RedrivePolicy"), None)


@SQS.check("A refused redrive policy leaves the lists of dead-letter queues' sources intact", DEAD_LETTERS)
def refused_redrive_policy_hurts_nobody(target: Target) -> None:
    with pair(target) as (jobs, dead_letters), queue(target) as other:
        expect_error(
            "InvalidAttributeValue",
            lambda: target.sqs.set_queue_attributes(QueueUrl=other, Attributes={"RedrivePolicy": "{not json"}),
        )
        expect("the sources", target.sqs.list_dead_letter_source_queues(QueueUrl=dead_letters)["queueUrls"], [jobs])
        send(target, other)
        expect("the number of messages", len(receive(target, other)), 1)


@SQS.check("A message is moved at the first receive beyond maxReceiveCount, not before", DEAD_LETTERS)
def moved_beyond_the_count(target: Target) -> None:
    with pair(target, max_receive_count=2, VisibilityTimeout="0") as (jobs, dead_letters):
        sent = send(target, jobs)
        for count in ("1", "2"):
            expect("the receive count", receive_one(target, jobs)["Attributes"]["ApproximateReceiveCount"], count)
        expect("the number beyond the count", len(receive(target, jobs, WaitTimeSeconds=1)), 0)
        expect("the id of the dead letter", receive_one(target, dead_letters)["MessageId"], sent["MessageId"])


@SQS.check("A dead letter keeps its id, its sent time and its attributes, and names its source", DEAD_LETTERS)
def dead_letter_keeps(target: Target) -> None:
    with pair(target, VisibilityTimeout="0") as (jobs, dead_letters):
        words = {"language": {"DataType": "String", "StringValue": "en"}}
        sent = send(target, jobs, MessageAttributes=words)
        first = receive_one(target, jobs)
        receive(target, jobs, WaitTimeSeconds=1)
        dead = receive_one(target, dead_letters, MessageAttributeNames=["All"])
        expect("the id", dead["MessageId"], sent["MessageId"])
        expect("the sent time", dead["Attributes"]["SentTimestamp"], first["Attributes"]["SentTimestamp"])
        expect("the attributes", dead["MessageAttributes"], words)
        expect("the source", dead["Attributes"].get("DeadLetterQueueSourceArn"), target.arn_of(jobs))


@SQS.check("While its dead-letter queue does not exist, a message stays in its queue", DEAD_LETTERS)
def without_its_dead_letter_queue(target: Target) -> None:
    with pair(target, VisibilityTimeout="0") as (jobs, dead_letters):
        send(target, jobs)
        receive_one(target, jobs)
        target.sqs.delete_queue(QueueUrl=dead_letters)
        expect("the receive count", receive_one(target, jobs)["Attributes"]["ApproximateReceiveCount"], "2")


# ---- redrive allow policies ----

ARNS = [f"arn:aws:sqs:us-east-1:111122223333:source-{number}" for number in range(11)]

for title, malformed in {
    "that is no JSON": "{not json",
    "that is a JSON list": [],
    "that is an empty object": {},
    "with an unknown permission": {"redrivePermission": "allowSome"},
    "without a permission": {"sourceQueueArns": ARNS[:1]},
    "with a permission that is no string": {"redrivePermission": ["byQueue"]},
    "with an unknown member": {"redrivePermission": "allowAll", "reason": "none"},
    "with ARNs that are no list": {"redrivePermission": "byQueue", "sourceQueueArns": ARNS[0]},
    "with an ARN that is no string": {"redrivePermission": "byQueue", "sourceQueueArns": [1]},
}.items():
    SQS.refuses(
        "InvalidAttributeValue",
        f"A redrive allow policy {title}",
        "API_SetQueueAttributes.html",
        _set("RedriveAllowPolicy", malformed),
    )
for title, contradictory in {
    "byQueue without ARNs": {"redrivePermission": "byQueue"},
    "byQueue with an empty list of ARNs": {"redrivePermission": "byQueue", "sourceQueueArns": []},
    "byQueue with eleven ARNs": {"redrivePermission": "byQueue", "sourceQueueArns": ARNS},
    "byQueue with a name in place of an ARN": {"redrivePermission": "byQueue", "sourceQueueArns": ["jobs"]},
    "allowAll with ARNs": {"redrivePermission": "allowAll", "sourceQueueArns": ARNS[:1]},
    "denyAll with ARNs": {"redrivePermission": "denyAll", "sourceQueueArns": ARNS[:1]},
}.items():
    SQS.refuses(
        "InvalidParameterValue",
        f"A redrive allow policy {title}",
        "API_SetQueueAttributes.html",
        _set("RedriveAllowPolicy", contradictory),
    )
for title, good in {
    "allowAll": {"redrivePermission": "allowAll"},
    "denyAll": {"redrivePermission": "denyAll"},
    "byQueue with ten ARNs": {"redrivePermission": "byQueue", "sourceQueueArns": ARNS[:10]},
}.items():
    SQS.accepts(f"A redrive allow policy {title}", "API_SetQueueAttributes.html", _set("RedriveAllowPolicy", good))


def _with_allow_policy(permission: str, *, named: str = "") -> Callable[[Target], None]:
    """Set a redrive policy whose target has an allow policy; `named`: which queue it names, `source` or `another`."""

    def call(target: Target) -> None:
        with queue(target) as dead_letters, queue(target) as source, queue(target) as another:
            policy: dict[str, object] = {"redrivePermission": permission}
            if named:
                policy["sourceQueueArns"] = [target.arn_of({"source": source, "another": another}[named])]
            attributes = {"RedriveAllowPolicy": json.dumps(policy)}
            target.sqs.set_queue_attributes(QueueUrl=dead_letters, Attributes=attributes)
            redrive = {"RedrivePolicy": redrive_policy(target.arn_of(dead_letters))}
            target.sqs.set_queue_attributes(QueueUrl=source, Attributes=redrive)

    return call


ALLOW = f"{GUIDE}sqs-configure-dead-letter-queue.html"
SQS.refuses("InvalidParameterValue", "A redrive policy whose target denies all", ALLOW, _with_allow_policy("denyAll"))
SQS.refuses(
    "InvalidParameterValue",
    "A redrive policy whose target allows another queue only",
    ALLOW,
    _with_allow_policy("byQueue", named="another"),
)
SQS.accepts("A redrive policy whose target allows all", ALLOW, _with_allow_policy("allowAll"))
SQS.accepts("A redrive policy whose target allows the queue", ALLOW, _with_allow_policy("byQueue", named="source"))
