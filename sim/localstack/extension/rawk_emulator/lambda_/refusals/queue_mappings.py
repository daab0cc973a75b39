"""What AWS refuses of a mapping because of its queue and its function, also when the mapping is updated."""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from typing import Any

from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.services.lambda_.provider import LambdaProvider
from localstack.services.sqs.models import sqs_stores
from localstack.utils.aws.arns import parse_arn

from ...iam import enforcement
from . import mappings

NEEDED = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
"""https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""


def install() -> None:
    """Validate every mapping that is created or updated."""
    stock = LambdaProvider.validate_event_source_mapping

    def validate(provider: Any, context: Any, request: Any) -> Any:
        of_queue = parse_arn(request.get("EventSourceArn", "arn:aws:none:::"))["service"] == "sqs"
        if of_queue:
            mappings.check(request)
        validated = stock(provider, context, request)
        if of_queue:
            _check_window(request)
            _check_visibility(request, function_timeout_seconds=_function_timeout_seconds(validated))
            _check_role(request, validated)
        return validated

    LambdaProvider.validate_event_source_mapping = validate


def _function_timeout_seconds(validated: tuple[Any, ...]) -> int:
    _, _, _, function_version, _ = validated
    return int(function_version.config.timeout)


def _check_window(request: Any) -> None:
    """A FIFO queue has no batching window, and therefore no batch of more than ten, which would need one."""
    if request["EventSourceArn"].endswith(".fifo") and request.get("MaximumBatchingWindowInSeconds"):
        raise InvalidParameterValueException("Batching window is not supported for FIFO queues", Type="User")


def _check_visibility(request: Any, function_timeout_seconds: int) -> None:
    arn = parse_arn(request["EventSourceArn"])
    queue = sqs_stores[arn["account"]][arn["region"]].queues.get(arn["resource"])
    if queue is not None and queue.visibility_timeout < function_timeout_seconds:
        raise InvalidParameterValueException(
            f"Queue visibility timeout: {queue.visibility_timeout} seconds "
            f"is less than Function timeout: {function_timeout_seconds} seconds",
            Type="User",
        )


def _check_role(request: Any, validated: tuple[Any, ...]) -> None:
    """A mapping reads its queue under the role of its function; without the permission AWS refuses the mapping."""
    _, function_name, _, function_version, _ = validated
    queue = parse_arn(request["EventSourceArn"])
    role_arn = str(function_version.config.role)
    for operation in NEEDED:
        if not enforcement.is_allowed(
            role_arn, function_name, "sqs", operation, queue["region"], QueueName=queue["resource"]
        ):
            raise InvalidParameterValueException(
                f"The provided execution role does not have permissions to call {operation} on SQS", Type="User"
            )
