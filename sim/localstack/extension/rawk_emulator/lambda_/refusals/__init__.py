"""Lambda refuses what AWS refuses: every call is checked before LocalStack 4.14 carries it out.

`constraints` says how the parameters are held to the service model; the other modules have what depends on more than
one parameter, or on what there is. A call that is refused changes nothing.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from typing import Any

from localstack.aws import handlers

from ...constraints.install import refuse_violations
from . import constraints, functions, payloads, queue_mappings


def install() -> None:
    """Check every call from now on."""
    handlers.serve_custom_service_request_handlers.append(check)
    queue_mappings.install()


def check(chain: Any, context: Any, response: Any) -> None:  # noqa: ARG001
    """Before a call takes effect. Raises CommonServiceException where AWS refuses it."""
    if context.service is None or context.operation is None or context.service.service_name != "lambda":
        return
    if context.is_internal_call:
        return
    request = context.service_request or {}
    refuse_violations(context, constraints.LAMBDA)
    match context.operation.name:
        case "Invoke":
            payloads.check(context, request)
        case "CreateFunction":
            functions.check_creation(request)
            functions.check_role(context, request)
        case "UpdateFunctionConfiguration":
            functions.check_update(context, request)
            functions.check_role(context, request)
        case "UpdateFunctionCode":
            functions.check_update(context, request)
