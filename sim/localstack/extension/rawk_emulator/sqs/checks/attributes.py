"""A queue's name and its attributes, at creation and later.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import re
from collections.abc import Mapping
from typing import Any

from localstack.aws.api.sqs import InvalidAttributeName
from localstack.services.sqs.exceptions import InvalidAttributeValue, InvalidParameterValueException

from . import policies

RANGES = {
    "DelaySeconds": (0, 900),
    "MaximumMessageSize": (1024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
}
CHOICES = {
    "SqsManagedSseEnabled": ("true", "false"),
    "ContentBasedDeduplication": ("true", "false"),
    "DeduplicationScope": ("queue", "messageGroup"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
}
OTHERS = ("FifoQueue", "KmsMasterKeyId", "Policy", "RedriveAllowPolicy", "RedrivePolicy")

_BOOLEANS = ("SqsManagedSseEnabled", "ContentBasedDeduplication")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}", re.ASCII)
_INTEGER = re.compile(r"-?[0-9]{1,10}", re.ASCII)


def check_name(name: object) -> None:
    """The suffix `.fifo` counts towards the 80 characters; stock LocalStack asks for it on FIFO queues alone."""
    plain = str(name)
    if plain.endswith(".fifo"):
        plain = plain.removesuffix(".fifo") + "_fifo"
    if not _NAME.fullmatch(plain):
        raise InvalidParameterValueException(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        )


def check_attributes(attributes: Mapping[str, Any], existing: Mapping[str, Any], queue_arn: str) -> None:
    """The attributes that a call sets. `existing` are those that the queue has; none before it is created."""
    for name, value in attributes.items():
        if name not in RANGES and name not in CHOICES and name not in OTHERS:
            raise InvalidAttributeName(f"Unknown Attribute {name}.")
        _check_value(name, str(value))
    _check_throughput_limit(attributes, existing)
    _check_encryption(attributes)
    if policy := attributes.get("Policy"):
        policies.check_policy(policy)
    if policy := attributes.get("RedriveAllowPolicy"):
        policies.check_redrive_allow_policy(policy)
    if policy := attributes.get("RedrivePolicy"):
        policies.check_redrive_policy(policy, queue_arn)


def _check_value(name: str, value: str) -> None:
    if name in RANGES:
        lowest, highest = RANGES[name]
        if not _INTEGER.fullmatch(value) or not lowest <= int(value) <= highest:
            raise _invalid(name)
    elif name in CHOICES and (value.lower() if name in _BOOLEANS else value) not in CHOICES[name]:
        raise _invalid(name)


def _check_throughput_limit(attributes: Mapping[str, Any], existing: Mapping[str, Any]) -> None:
    after = {**existing, **attributes}
    if (
        {"FifoThroughputLimit", "DeduplicationScope"} & set(attributes)
        and after.get("FifoThroughputLimit") == "perMessageGroupId"
        and after.get("DeduplicationScope") != "messageGroup"
    ):
        raise InvalidAttributeValue(
            "Invalid value for the parameter FifoThroughputLimit. Reason: The perMessageGroupId value is allowed only "
            "when the value for DeduplicationScope is messageGroup."
        )


def _check_encryption(attributes: Mapping[str, Any]) -> None:
    if attributes.get("KmsMasterKeyId") and str(attributes.get("SqsManagedSseEnabled")).lower() == "true":
        raise InvalidAttributeValue(
            "You can use one type of server-side encryption (SSE) at one time. "
            "You can either enable KMS SSE or SQS SSE."
        )


def _invalid(name: str) -> InvalidAttributeValue:
    return InvalidAttributeValue(f"Invalid value for the parameter {name}.")
