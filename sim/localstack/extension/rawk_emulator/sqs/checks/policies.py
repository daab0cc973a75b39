"""The three policies of a queue: who may call it, where its dead letters go, and whose dead letters it takes.

Each is a JSON document. One that is none would make every call fail that reads the policies of all queues.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import json
from collections.abc import Mapping
from typing import Any

from localstack.aws.api.sqs import OverLimit
from localstack.services.sqs.exceptions import InvalidAttributeValue, InvalidParameterValueException
from localstack.services.sqs.models import SqsQueue, sqs_stores

VERSIONS = ("2008-10-17", "2012-10-17")
MAX_STATEMENTS = 20
MAX_ACTIONS = 7
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html"""

MAX_SOURCE_QUEUES = 10
MAX_RECEIVE_COUNTS = range(1, 1001)

_REDRIVE_MEMBERS = ("maxReceiveCount", "deadLetterTargetArn")
_ALLOW_MEMBERS = ("redrivePermission", "sourceQueueArns")
_PERMISSIONS = ("allowAll", "denyAll", "byQueue")
_ARN_PARTS = 6


def check_policy(text: str) -> None:
    """A queue's access policy. Whether a principal exists, and what the policy allows, is not judged here."""
    policy = _parsed(text)
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(policy, dict) or not isinstance(statements, list) or not statements:
        raise InvalidAttributeValue("Invalid value for the parameter Policy.")
    if policy.get("Version", VERSIONS[0]) not in VERSIONS or not all(map(_is_statement, statements)):
        raise InvalidAttributeValue("Invalid value for the parameter Policy.")
    if len(statements) > MAX_STATEMENTS:
        raise OverLimit(
            f"{len(statements)} statements were found in the submitted policy, max allowed is {MAX_STATEMENTS}"
        )
    for statement in statements:
        actions = statement.get("Action")
        if isinstance(actions, list) and len(actions) > MAX_ACTIONS:
            raise OverLimit(f"{len(actions)} Actions were found, maximum allowed is {MAX_ACTIONS}.")


def _is_statement(statement: object) -> bool:
    return (
        isinstance(statement, dict)
        and statement.get("Effect") in ("Allow", "Deny")
        and ("Principal" in statement or "NotPrincipal" in statement)
        and isinstance(statement.get("Action", statement.get("NotAction")), str | list)
        and isinstance(statement.get("Resource", statement.get("NotResource", "*")), str | list)
    )


def check_redrive_allow_policy(text: str) -> None:
    """Which queues may name this one as their dead-letter queue."""
    policy = _parsed(text)
    sources = policy.get("sourceQueueArns") if isinstance(policy, dict) else None
    if (
        not isinstance(policy, dict)
        or policy.get("redrivePermission") not in _PERMISSIONS
        or any(member not in _ALLOW_MEMBERS for member in policy)
        or not isinstance(sources, list | None)
        or not all(isinstance(each, str) for each in sources or [])
    ):
        raise InvalidAttributeValue(
            "Invalid value for the parameter RedriveAllowPolicy. Reason: Amazon SQS can't create the redrive allow "
            "policy, as it\N{RIGHT SINGLE QUOTATION MARK}s in an unsupported format."
        )
    by_queue = policy["redrivePermission"] == "byQueue"
    if sources is not None and not by_queue:
        reason = "To specify one or more source queue ARNs, you must set redrivePermission to byQueue."
    elif by_queue and not sources:
        reason = (
            "When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values."
        )
    elif len(sources or []) > MAX_SOURCE_QUEUES:
        reason = f"The maximum number of source queue ARNs you can specify is {MAX_SOURCE_QUEUES}."
    elif not all(map(is_arn_of_queue, sources or [])):
        reason = "Each source queue ARN should be fully qualified ARN."
    else:
        return
    raise InvalidParameterValueException(
        f"Value {text} for parameter RedriveAllowPolicy is invalid. Reason: Amazon SQS can't create the redrive allow "
        f"policy. {reason}"
    )


def check_redrive_policy(text: str, source_arn: str) -> None:
    """Where a queue's dead letters go: to a queue of its own type, account and region, which takes them."""
    policy = _parsed(text)
    if not isinstance(policy, dict):
        raise InvalidAttributeValue(
            "Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map."
        )
    if reason := _fault_of_redrive_policy(policy, source_arn):
        raise InvalidParameterValueException(f"Value {text} for parameter RedrivePolicy is invalid. Reason: {reason}")


def _fault_of_redrive_policy(policy: Mapping[str, Any], source_arn: str) -> str | None:
    for member in _REDRIVE_MEMBERS:
        if member not in policy:
            return f"Redrive policy does not contain mandatory attribute: {member}."
    if len(policy) > len(_REDRIVE_MEMBERS):
        return f"Only following attributes are supported: [{', '.join(_REDRIVE_MEMBERS)}]."
    if _integer(policy["maxReceiveCount"]) not in MAX_RECEIVE_COUNTS:
        return (
            f"Invalid value for maxReceiveCount: {policy['maxReceiveCount']}, "
            "valid values are from 1 to 1000 both inclusive."
        )
    target = policy["deadLetterTargetArn"]
    if not is_arn_of_queue(target):
        return "Dead-letter target ARN should be fully qualified ARN."
    return _fault_of_target(target, source_arn)


def _fault_of_target(target_arn: str, source_arn: str) -> str | None:
    _, _, _, region, account, name = target_arn.split(":")
    _, _, _, own_region, own_account, own_name = source_arn.split(":")
    if account != own_account:
        return "Dead-letter target owner should be same as the source."
    if region != own_region:
        return "Dead-letter target must be in same region as the source."
    target = sqs_stores[account][region].queues.get(name)
    if target is None:
        return "Dead letter target does not exist."
    if name.endswith(".fifo") != own_name.endswith(".fifo"):
        return "Dead-letter queue must be same type of queue as the source."
    if not takes_dead_letters_of(target, source_arn):
        return "The redrive allow policy of the dead-letter queue does not allow the source queue."
    return None


def takes_dead_letters_of(dead_letter_queue: SqsQueue, source_arn: str) -> bool:
    """Whether the queue's redrive allow policy lets the source name it, and get its dead letters back."""
    policy = _parsed(dead_letter_queue.attributes.get("RedriveAllowPolicy") or "{}")
    if not isinstance(policy, dict):
        return True
    match policy.get("redrivePermission"):
        case "denyAll":
            return False
        case "byQueue":
            return source_arn in policy.get("sourceQueueArns", [])
        case _:
            return True


def is_arn_of_queue(arn: object) -> bool:
    """Whether this is the ARN of a queue; it need not exist."""
    parts = arn.split(":") if isinstance(arn, str) else []
    return len(parts) == _ARN_PARTS and parts[0] == "arn" and parts[2] == "sqs" and all(parts)


def _integer(value: object) -> int | None:
    """AWS takes a number, or a string of digits."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        return int(value)
    except ValueError:
        return None


def _parsed(text: object) -> Any:
    try:
        return json.loads(str(text))
    except ValueError:
        return None
