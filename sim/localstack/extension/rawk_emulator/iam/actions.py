"""The permissions that a call needs: action and resource of each of them.

Most operations have the name of their action, and name one resource. The exceptions are listed here, from the Service
Authorization Reference (https://docs.aws.amazon.com/service-authorization/latest/reference/). A service that is not
listed needs `service:Operation` on `*`. S3, which differs in most operations, has a module of its own.
"""

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .patterns import Context

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Need:
    """One permission that a call needs."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)
    """Condition keys of this call alone."""


@dataclass(frozen=True)
class Call:
    """One AWS call, as its client meant it."""

    service: str
    operation: str
    parameters: Parameters
    account: str
    region: str
    secret_arn: Callable[[str], str | None] = lambda _: None
    """The ARN of the secret of that name, which ends in random characters."""
    queues_before: Callable[[str], Iterable[str]] = lambda _: ()
    """ARNs of the queues whose dead letters go to that queue."""
    function_of_mapping: Callable[[str], str | None] = lambda _: None
    """The ARN of the function of the event source mapping with that identifier."""

    def arn(self, rest: str, service: str = "") -> str:
        """The ARN of a resource in the caller's account and region."""
        return f"arn:aws:{service or self.service}:{self.region}:{self.account}:{rest}"

    def text(self, *names: str) -> str:
        """The first of these parameters that is a text; empty when there is none."""
        values = (self.parameters.get(name) for name in names)
        return next((value for value in values if isinstance(value, str) and value), "")


Needs = tuple[Need, ...]


def needs_of(call: Call) -> Needs:
    """Every permission that the call needs; none for a call that every caller may make."""
    from .s3_actions import s3_needs

    needs = {**SERVICES, "s3": s3_needs}.get(call.service, _unknown)(call)
    tagging = TAGGING.get(f"{call.service}:{call.operation}")
    if tagging and (call.parameters.get("Tags") or call.parameters.get("tags")):
        return (*needs, Need(tagging, _made(call, needs[0].resource)))
    return needs


TAGGING = {
    "cloudwatch:PutMetricAlarm": "cloudwatch:TagResource",
    "events:PutRule": "events:TagResource",
    "iam:CreateInstanceProfile": "iam:TagInstanceProfile",
    "iam:CreatePolicy": "iam:TagPolicy",
    "iam:CreateRole": "iam:TagRole",
    "iam:CreateUser": "iam:TagUser",
    "lambda:CreateEventSourceMapping": "lambda:TagResource",
    "lambda:CreateFunction": "lambda:TagResource",
    "logs:CreateLogGroup": "logs:TagResource",
    "secretsmanager:CreateSecret": "secretsmanager:TagResource",
    "sns:CreateTopic": "sns:TagResource",
    "sqs:CreateQueue": "sqs:TagQueue",
}
"""Operation -> what it also needs where it gives tags to what it makes.

From each operation's page of the API Reference, and for Lambda https://docs.aws.amazon.com/lambda/latest/dg/tags-esm.html.
"""


def _made(call: Call, resource: str) -> str:
    """What gets the tags: a new mapping, which has no identifier yet, or what the call is about."""
    return call.arn("event-source-mapping:*") if call.operation == "CreateEventSourceMapping" else resource


def _unknown(call: Call) -> Needs:
    return (Need(f"{PREFIXES.get(call.service, call.service)}:{call.operation}", "*"),)


PREFIXES = {
    "apigatewayv2": "apigateway",
    "elbv2": "elasticloadbalancing",
    "elb": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
    "sesv2": "ses",
    "stepfunctions": "states",
}
"""Services whose actions have another prefix than the name of their SDK client."""


# ---- SQS ----


def _sqs(call: Call) -> Needs:
    action = f"sqs:{call.operation.removesuffix('Batch')}"
    if call.operation == "StartMessageMoveTask":
        return _move_task(call)
    return (Need(action, _queue_arn(call)),)


def _queue_arn(call: Call) -> str:
    if address := call.text("QueueUrl"):
        *_, account, name = ["", "", *urlsplit(address).path.rstrip("/").split("/")]
        return f"arn:aws:sqs:{call.region}:{account if account.isdigit() else call.account}:{name}"
    if name := call.text("QueueName"):
        return call.arn(name)
    if arn := call.text("SourceArn"):
        return arn
    if handle := call.text("TaskHandle"):
        return _arn_in_handle(handle)
    return call.arn("*") if call.operation == "ListQueues" else "*"


def _arn_in_handle(handle: str) -> str:
    """A task's handle is base64 of JSON that ends in its queue's ARN."""
    try:
        text = base64.b64decode(handle).decode()
    except ValueError:
        return "*"
    start = text.find("arn:aws:sqs:")
    return text[start:].rstrip('"} ') if start >= 0 else "*"


def _move_task(call: Call) -> Needs:
    """A caller of a redrive needs the permissions of the redrive's calls (SQS Developer Guide, "dead-letter queue
    redrive permissions").
    """
    source = call.text("SourceArn")
    destination = call.text("DestinationArn")
    on_source = ("StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    targets = (destination,) if destination else tuple(call.queues_before(source))
    return (
        *(Need(f"sqs:{action}", source) for action in on_source),
        *(Need("sqs:SendMessage", target) for target in targets),
    )


# ---- Lambda ----

_INVOKING = {"Invoke", "InvokeAsync", "InvokeWithResponseStream"}
_WITHOUT_FUNCTION = {"ListFunctions", "ListEventSourceMappings", "ListLayers", "GetAccountSettings"}


def _lambda(call: Call) -> Needs:
    if call.operation in _INVOKING:
        return (Need("lambda:InvokeFunction", _function_arn(call)),)
    if call.operation in _WITHOUT_FUNCTION:
        return (Need(f"lambda:{call.operation}", "*"),)
    if call.operation == "CreateEventSourceMapping":
        return (Need("lambda:CreateEventSourceMapping", "*", {"lambda:functionarn": (_function_arn(call),)}),)
    if mapping := call.text("UUID"):
        function = call.function_of_mapping(mapping)
        known: Context = {"lambda:functionarn": (function,)} if function else {}
        return (Need(f"lambda:{call.operation}", call.arn(f"event-source-mapping:{mapping}"), known),)
    if tagged := call.text("Resource"):
        return (Need(f"lambda:{call.operation}", tagged),)
    if layer := call.text("LayerName"):
        return (Need(f"lambda:{call.operation}", layer if layer.startswith("arn:") else call.arn(f"layer:{layer}")),)
    own = Need(f"lambda:{call.operation}", _function_arn(call))
    return (own, *_passing(call.text("Role"), "lambda.amazonaws.com"))


def _function_arn(call: Call) -> str:
    """A function is given by its name, by part of its ARN or by all of it; its version separately or at the end."""
    name = call.text("FunctionName")
    if not name:
        return "*"
    *_, function = name.split(":function:")
    if not name.startswith("arn:"):
        function = name.split("function:")[-1]
    bare, _, version = function.partition(":")
    version = version or call.text("Qualifier")
    return call.arn(f"function:{bare}" + (f":{version}" if version else ""))


def _passing(role_arn: str, service: str) -> Needs:
    """A caller that passes a role to a service needs iam:PassRole."""
    return (Need("iam:PassRole", role_arn, {"iam:passedtoservice": (service,)}),) if role_arn else ()


# ---- Secrets Manager, SSM ----


def _secretsmanager(call: Call) -> Needs:
    action = f"secretsmanager:{call.operation}"
    if call.operation == "BatchGetSecretValue":
        named = call.parameters.get("SecretIdList") or ()
        each = (Need("secretsmanager:GetSecretValue", _secret_arn(call, name)) for name in named)
        return (Need(action, "*"), *each)
    if name := call.text("SecretId", "Name"):
        return (Need(action, _secret_arn(call, name)),)
    return (Need(action, "*"),)


def _secret_arn(call: Call, name: str) -> str:
    if name.startswith("arn:"):
        return call.secret_arn(name) or name
    return call.secret_arn(name) or call.arn(f"secret:{name}")


def _ssm(call: Call) -> Needs:
    names = call.parameters.get("Names") or [call.text("Name", "Path")]
    arns = [_parameter_arn(call, name) if name else "*" for name in names if isinstance(name, str)]
    about_parameters = "Parameter" in call.operation and call.operation != "DescribeParameters"
    return tuple(Need(f"ssm:{call.operation}", arn) for arn in (arns if about_parameters else ["*"]))


def _parameter_arn(call: Call, name: str) -> str:
    """Public parameters, such as those of machine images, belong to no account."""
    bare = name.lstrip("/")
    return f"arn:aws:ssm:{call.region}::parameter/{bare}" if bare.startswith("aws/") else call.arn(f"parameter/{bare}")


# ---- CloudWatch Logs, CloudWatch, EventBridge, SNS ----

_WITHOUT_GROUP = {"DescribeLogGroups"}


def _logs(call: Call) -> Needs:
    """Log groups include everything in them: the resource of a policy is `...:log-group:NAME:*`."""
    action = f"logs:{call.operation}"
    arn = call.text("logGroupIdentifier", "resourceArn")
    if arn.startswith("arn:"):
        return (Need(action, arn if call.text("resourceArn") else f"{arn.removesuffix(':*')}:log-stream:"),)
    group = call.text("logGroupName", "logGroupIdentifier")
    if not group and call.operation not in _WITHOUT_GROUP:
        return (Need(action, "*"),)
    return (Need(action, log_stream_arn(call, group, call.text("logStreamName"))),)


def log_stream_arn(call: Call, group: str, stream: str) -> str:
    return call.arn(f"log-group:{group}:log-stream:{stream}", "logs")


def _cloudwatch(call: Call) -> Needs:
    action = f"cloudwatch:{call.operation}"
    if namespace := call.text("Namespace") if call.operation == "PutMetricData" else "":
        return (Need(action, "*", {"cloudwatch:namespace": (namespace,)}),)
    if arn := call.text("ResourceARN", "AlarmArn"):
        return (Need(action, arn),)
    if "Dashboard" in call.operation:
        boards = call.parameters.get("DashboardNames") or [call.text("DashboardName")]
        return tuple(Need(action, f"arn:aws:cloudwatch::{call.account}:dashboard/{name or '*'}") for name in boards)
    names = call.parameters.get("AlarmNames") or [call.text("AlarmName")]
    if "Alarm" in call.operation:
        return tuple(Need(action, call.arn(f"alarm:{name or '*'}")) for name in names)
    return (Need(action, "*"),)


def _events(call: Call) -> Needs:
    action = f"events:{call.operation}"
    if call.operation == "PutEvents":
        buses = {str(each.get("EventBusName") or "default") for each in call.parameters.get("Entries") or ()}
        return tuple(Need(action, _bus_arn(call, bus)) for bus in sorted(buses))
    if arn := call.text("ResourceARN"):
        return (Need(action, arn),)
    about_buses = call.operation.endswith(("EventBus", "Permission"))
    if about_buses:
        return (Need(action, _bus_arn(call, call.text("Name", "EventBusName") or "default")),)
    if rule := call.text("Rule", "Name") if _is_about_a_rule(call) else "":
        bus = call.text("EventBusName").rpartition("/")[2]
        return (Need(action, call.arn(f"rule/{bus}/{rule}" if bus not in ("", "default") else f"rule/{rule}")),)
    return (Need(action, "*"),)


def _is_about_a_rule(call: Call) -> bool:
    return call.operation.endswith(("Rule", "Targets", "TargetsByRule"))


def _bus_arn(call: Call, name: str) -> str:
    return name if name.startswith("arn:") else call.arn(f"event-bus/{name}")


def _sns(call: Call) -> Needs:
    action = f"sns:{call.operation.removesuffix('Batch')}"
    if arn := call.text("TopicArn", "TargetArn", "ResourceArn"):
        return (Need(action, arn),)
    if arn := call.text("SubscriptionArn"):
        return (Need(action, arn.rpartition(":")[0]),)  # permissions are on the topic
    if call.operation == "CreateTopic":
        return (Need(action, call.arn(call.text("Name"))),)
    return (Need(action, "*"),)


# ---- IAM, STS ----


def _iam(call: Call) -> Needs:
    action = f"iam:{call.operation}"
    if call.operation.startswith(("List", "Get")) and not call.parameters:
        return (Need(action, "*"),)
    role = f"arn:aws:iam::{call.account}:role/{call.text('RoleName')}"
    if profile := call.text("InstanceProfileName"):
        own = Need(action, f"arn:aws:iam::{call.account}:instance-profile{_path(call)}{profile}")
        return (own, *(_passing(role, "ec2.amazonaws.com") if call.operation == "AddRoleToInstanceProfile" else ()))
    for name, kind in (("RoleName", "role"), ("UserName", "user"), ("GroupName", "group")):
        if value := call.text(name):
            return (Need(action, f"arn:aws:iam::{call.account}:{kind}{_path(call)}{value}"),)
    if arn := call.text("PolicyArn"):
        return (Need(action, arn),)
    if call.operation == "CreatePolicy":
        return (Need(action, f"arn:aws:iam::{call.account}:policy{_path(call)}{call.text('PolicyName')}"),)
    return (Need(action, "*"),)


def _path(call: Call) -> str:
    return call.text("Path") or "/"


_ALL_CALLERS = {"GetCallerIdentity", "GetSessionToken"}
"""No permission is needed, and none can be denied (AWS STS API Reference)."""


def _sts(call: Call) -> Needs:
    if call.operation in _ALL_CALLERS:
        return ()
    return (Need(f"sts:{call.operation}", call.text("RoleArn") or "*"),)


SERVICES: dict[str, Callable[[Call], Needs]] = {
    "cloudwatch": _cloudwatch,
    "events": _events,
    "iam": _iam,
    "lambda": _lambda,
    "logs": _logs,
    "secretsmanager": _secretsmanager,
    "sns": _sns,
    "sqs": _sqs,
    "ssm": _ssm,
    "sts": _sts,
}
