"""How SQS writes an error in JSON: with the namespace of its type, and no header for it.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-api-responses.html
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from typing import Any

from localstack.aws.protocol.serializer import SqsJsonResponseSerializer
from localstack.aws.spec import load_service

from ..introspection.event_log import patch_method

OWN = "com.amazonaws.sqs"
"""Namespace of the errors that the model of SQS has."""

COMMON = "com.amazon.coral.service"
"""Namespace of the errors that all services have."""

_COMMON_NAMES = {code: name for name, code in SqsJsonResponseSerializer.JSON_TO_QUERY_ERROR_CODES.items()}


def install() -> None:
    """Write errors as AWS."""
    patch_method(SqsJsonResponseSerializer, "_get_error_code", _get_error_code)
    patch_method(SqsJsonResponseSerializer, "_serialize_error", _serialize_error)


def _get_error_code(stock: Any, serializer: Any, *given: Any, **named: Any) -> str:
    name = stock(serializer, *given, **named)
    if name in load_service("sqs").shape_names:
        return f"{OWN}#{name}"
    return f"{COMMON}#{_COMMON_NAMES.get(name, name)}"


def _serialize_error(stock: Any, serializer: Any, error: Any, response: Any, *given: Any, **named: Any) -> None:
    stock(serializer, error, response, *given, **named)
    response.headers.pop("X-Amzn-Errortype", None)
