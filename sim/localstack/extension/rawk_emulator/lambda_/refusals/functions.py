"""What AWS refuses of a function: role, code, environment, dead-letter target, a change during another."""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import re
from collections.abc import Mapping
from typing import Any

from localstack.aws.api.lambda_ import (
    InvalidParameterValueException,
    LastUpdateStatus,
    RequestTooLargeException,
    ResourceConflictException,
    State,
)
from localstack.services.lambda_ import api_utils
from localstack.services.lambda_.invocation.models import lambda_stores
from localstack.utils.aws.arns import parse_arn
from moto.iam.models import iam_backends

RESERVED_VARIABLES = {
    *("AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV"),
    *("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION"),
    *("AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"),
    *("AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    *("LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT"),
}
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime"""

LARGEST_UPDATE_BYTES = 70_167_211
"""As LocalStack has it for CreateFunction, from an answer of AWS."""

_DEAD_LETTER_TARGET = re.compile(r"arn:aws[a-z-]*:(sqs|sns):[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+(\.fifo)?")


def check_creation(request: Mapping[str, Any]) -> None:
    """Raises AWS's error for CreateFunction."""
    _check_environment(request)
    _check_dead_letter_target(request)
    _check_code(request)


def check_role(context: Any, request: Mapping[str, Any]) -> None:
    """A role must exist and trust Lambda."""
    role_arn = request.get("Role")
    if role_arn is None or not api_utils.is_role_arn(role_arn):
        return
    account, name = parse_arn(role_arn)["account"], role_arn.rpartition("/")[2]
    roles = list(iam_backends[account][context.partition].roles.values())
    role = next((each for each in roles if each.name == name), None)
    if role is None or "lambda.amazonaws.com" not in str(role.assume_role_policy_document):
        raise InvalidParameterValueException(
            "The role defined for the function cannot be assumed by Lambda.", Type="User"
        )


def check_update(context: Any, request: Mapping[str, Any]) -> None:
    """Raises AWS's error for UpdateFunctionConfiguration and UpdateFunctionCode."""
    _check_environment(request)
    _check_dead_letter_target(request)
    _check_no_change_in_progress(context, request)
    if (context.request.content_length or 0) > LARGEST_UPDATE_BYTES:
        raise RequestTooLargeException(
            f"Request must be smaller than {LARGEST_UPDATE_BYTES} bytes for the {context.operation.name} operation"
        )


def _check_environment(request: Mapping[str, Any]) -> None:
    variables = (request.get("Environment") or {}).get("Variables") or {}
    if reserved := sorted(RESERVED_VARIABLES.intersection(variables)):
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}",
            Type="User",
        )


def _check_dead_letter_target(request: Mapping[str, Any]) -> None:
    target = (request.get("DeadLetterConfig") or {}).get("TargetArn")
    if target and not _DEAD_LETTER_TARGET.fullmatch(target):
        message = f"The dead-letter target {target} is no SQS queue and no SNS topic."
        raise InvalidParameterValueException(message, Type="User")


def _check_code(request: Mapping[str, Any]) -> None:
    code = request.get("Code") or {}
    sources = [name for name in ("ZipFile", "S3Bucket", "ImageUri") if code.get(name)]
    if not sources:
        raise InvalidParameterValueException("Please provide a source for function code.", Type="User")
    if len(sources) > 1:
        raise InvalidParameterValueException(
            f"Please do not provide other FunctionCode parameters when providing a {sources[0]}.", Type="User"
        )
    if request.get("PackageType", "Zip") == "Zip" and not (request.get("Runtime") and request.get("Handler")):
        raise InvalidParameterValueException(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages.", Type="User"
        )


def _check_no_change_in_progress(context: Any, request: Mapping[str, Any]) -> None:
    account, region = api_utils.get_account_and_region(request["FunctionName"], context)
    name, _ = api_utils.get_name_and_qualifier(request["FunctionName"], None, context)
    function = lambda_stores[account][region].functions.get(name)
    if function is None:
        return
    config = function.latest().config
    arn = api_utils.unqualified_lambda_arn(name, account, region)
    if config.last_update is not None and config.last_update.status == LastUpdateStatus.InProgress:
        raise ResourceConflictException(
            f"The operation cannot be performed at this time. An update is in progress for resource: {arn}", Type="User"
        )
    if config.state is not None and config.state.state == State.Pending:
        raise ResourceConflictException(
            "The operation cannot be performed at this time. The function is currently in the following state: Pending",
            Type="User",
        )
