"""A message that is sent, alone or in a batch.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from localstack.aws.api.sqs import BatchEntryIdsNotDistinct, EmptyBatchRequest, InvalidBatchEntryId
from localstack.services.sqs.exceptions import InvalidParameterValueException, MissingRequiredParameterException
from localstack.services.sqs.models import FifoQueue, SqsQueue

MAX_DELAY_SECONDS = 900
MAX_ATTRIBUTES = 10
MAX_ENTRIES = 10
LEAST_NUMBER, LARGEST_NUMBER, MAX_DIGITS = Decimal("1e-128"), Decimal("1e126"), 38
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html"""
SYSTEM_ATTRIBUTES = ("AWSTraceHeader",)

_BATCH_ID = re.compile(r"[A-Za-z0-9_-]{1,80}", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}", re.ASCII)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?0*[0-9]{1,9})?", re.ASCII)
_TYPE = re.compile(r"(String|Number|Binary)(\..+)?")


def check_message(
    queue: SqsQueue,
    delay_seconds: int | None,
    attributes: Mapping[str, Any] | None,
    system_attributes: Mapping[str, Any] | None,
    deduplication_id: str | None,
    group_id: str | None,
) -> None:
    """What stock LocalStack does not check of a message; its body and its size it checks."""
    if delay_seconds is not None and not isinstance(queue, FifoQueue) and not 0 <= delay_seconds <= MAX_DELAY_SECONDS:
        raise InvalidParameterValueException(
            f"Value {delay_seconds} for parameter DelaySeconds is invalid. "
            f"Reason: DelaySeconds must be >= 0 and <= {MAX_DELAY_SECONDS}."
        )
    _check_attributes(attributes or {})
    for name, attribute in (system_attributes or {}).items():
        if name not in SYSTEM_ATTRIBUTES:
            raise InvalidParameterValueException(f"Message system attribute name '{name}' is invalid.")
        if attribute.get("DataType") != "String" or not attribute.get("StringValue"):
            raise InvalidParameterValueException(f"Message system attribute '{name}' must be a non-empty String.")
    check_token(deduplication_id, "MessageDeduplicationId")
    check_token(group_id, "MessageGroupId")


def check_token(token: str | None, parameter: str) -> None:
    """An id of a message group, of deduplication, or of a receive attempt."""
    if token is not None and not _TOKEN.fullmatch(token):
        raise InvalidParameterValueException(
            f"Value {token} for parameter {parameter} is invalid. "
            f"Reason: {parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length."
        )


def _check_attributes(attributes: Mapping[str, Any]) -> None:
    if len(attributes) > MAX_ATTRIBUTES:
        raise InvalidParameterValueException(
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{MAX_ATTRIBUTES}]."
        )
    for name, attribute in attributes.items():
        if not name:
            raise InvalidParameterValueException("The request must contain non-empty message (user) attribute names.")
        if ".." in name:
            raise InvalidParameterValueException("Message (user) attribute name cannot have successive '.' characters.")
        _check_value(name, attribute)


def _check_value(name: str, attribute: Mapping[str, Any]) -> None:
    if attribute.get("StringListValues") or attribute.get("BinaryListValues"):
        raise InvalidParameterValueException(
            "Message attribute list values in SendMessage operation are not supported."
        )
    kind = _TYPE.fullmatch(str(attribute.get("DataType") or ""))
    if kind is None:
        raise InvalidParameterValueException(
            f"The type of message (user) attribute '{name}' is invalid. You must use only the following supported type "
            "prefixes: Binary, Number, String."
        )
    value = attribute.get("BinaryValue" if kind[1] == "Binary" else "StringValue")
    if not value:
        raise InvalidParameterValueException(
            f"Message (user) attribute '{name}' must contain a non-empty value of type '{kind[1]}'."
        )
    if kind[1] == "Number" and not _is_number(value):
        raise InvalidParameterValueException(f"Can't cast the value of message (user) attribute '{name}' to a number.")


def _is_number(text: str) -> bool:
    """Zeros at both ends are no digits of its precision."""
    if not _NUMBER.fullmatch(text):
        return False
    number = Decimal(text)
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    return not digits or (len(digits) <= MAX_DIGITS and LEAST_NUMBER <= number.copy_abs() <= LARGEST_NUMBER)


def check_batch(entries: list[Mapping[str, Any]], needed: str, type_of_entry: str) -> None:
    """The ids of a batch's entries, and the member that each needs. How many there may be LocalStack checks."""
    if not entries:
        raise EmptyBatchRequest(f"There should be at least one {type_of_entry} in the request.")
    if len(entries) > MAX_ENTRIES:
        return
    for number, entry in enumerate(entries, 1):
        if not _BATCH_ID.fullmatch(str(entry.get("Id") or "")):
            raise InvalidBatchEntryId(
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
                "It can be at most 80 letters long."
            )
        if entry.get(needed) is None:
            raise MissingRequiredParameterException(
                f"The request must contain the parameter {type_of_entry}.{number}.{needed}."
            )
    seen: set[str] = set()
    for entry in entries:
        if entry["Id"] in seen:
            raise BatchEntryIdsNotDistinct(f"Id {entry['Id']} repeated.")
        seen.add(entry["Id"])
