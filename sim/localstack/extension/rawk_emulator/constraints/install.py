"""Refuses parameters that violate a service's model. Stock LocalStack accepts them, and its providers check a few."""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from dataclasses import dataclass
from itertools import islice
from typing import Any

from localstack.aws import handlers

from ..signatures.refusals import service_error
from .model import USUAL, Rules, violations

MAX_NAMED = 10
"""How many violations an answer names."""


@dataclass(frozen=True)
class HeldToModel:
    """A service whose model is held to: the code of its refusals, and its rules."""

    code: str
    rules: Rules = USUAL


SERVICES = {
    "cloudwatch": HeldToModel("ValidationError"),
    "events": HeldToModel("ValidationException"),
    # Its answers name the parameter, but no values, as recorded in 2025.
    "iam": HeldToModel("ValidationError", Rules(quotes_values=False)),
    "logs": HeldToModel("InvalidParameterException"),
    "scheduler": HeldToModel("ValidationException"),
    "secretsmanager": HeldToModel("ValidationException"),
    "ssm": HeldToModel("ValidationException"),
    "sts": HeldToModel("ValidationError"),
}
"""The smaller services. What else is refused of them is in `service_refusals`."""


def install() -> None:
    """Check every call from now on. To be called after what judges the callers."""
    handlers.serve_custom_service_request_handlers.append(check)


def check(chain: Any, context: Any, response: Any) -> None:  # noqa: ARG001
    """Raises CommonServiceException where a parameter violates the model."""
    if context.service is None or context.operation is None or context.is_internal_call:
        return
    if service := SERVICES.get(context.service.service_name):
        refuse_violations(context, service)


def refuse_violations(context: Any, service: HeldToModel) -> None:
    """Raises CommonServiceException with the violations of the service's model."""
    shape = context.operation.input_shape
    if shape is None:
        return
    found = list(islice(violations(shape, context.service_request or {}, service.rules), MAX_NAMED))
    if found:
        errors = "error" if len(found) == 1 else "errors"
        message = f"{len(found)} validation {errors} detected: {'; '.join(found)}"
        raise service_error(service.code, message, 400)
