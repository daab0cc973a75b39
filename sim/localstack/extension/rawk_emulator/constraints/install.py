"""Refuses parameters that violate a service's model. Stock LocalStack accepts them, and its providers check a few."""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from itertools import islice
from typing import Any

from localstack.aws import handlers
from localstack.aws.api import CommonServiceException

from .model import violations

CODES = {
    "cloudwatch": "ValidationError",
    "events": "ValidationException",
    "iam": "ValidationError",
    "logs": "InvalidParameterException",
    "scheduler": "ValidationException",
    "secretsmanager": "ValidationException",
    "ssm": "ValidationException",
    "sts": "ValidationError",
}
"""The services whose models are held to, and the code of the refusal."""

QUOTES_NO_VALUES = frozenset({"iam"})
"""The services whose answers name the parameter, but no values, as recorded in 2025."""

MAX_NAMED = 10
"""How many violations an answer names."""


def install() -> None:
    """Check every call from now on. To be called after what judges the callers."""
    handlers.serve_custom_service_request_handlers.append(check)


def check(chain: Any, context: Any, response: Any) -> None:  # noqa: ARG001
    """Raises CommonServiceException where a parameter violates the model."""
    if context.service is None or context.operation is None or context.is_internal_call:
        return
    code = CODES.get(context.service.service_name)
    shape = context.operation.input_shape
    if code is None or shape is None:
        return
    quotes_values = context.service.service_name not in QUOTES_NO_VALUES
    named = violations(shape, context.service_request or {}, quotes_values=quotes_values)
    found = list(islice(named, MAX_NAMED))
    if found:
        errors = "error" if len(found) == 1 else "errors"
        message = f"{len(found)} validation {errors} detected: {'; '.join(found)}"
        kind: type[CommonServiceException] = type(code, (CommonServiceException,), {})
        raise kind(code, message, status_code=400, sender_fault=True)
