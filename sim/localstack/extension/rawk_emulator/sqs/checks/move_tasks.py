"""Message move tasks: where from, where to, how fast, and which can be cancelled."""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from collections.abc import Mapping

from localstack.aws.api.sqs import ResourceNotFoundException
from localstack.services.sqs.exceptions import InvalidParameterValueException
from localstack.services.sqs.models import MessageMoveTask, MessageMoveTaskStatus, sqs_stores
from localstack.services.sqs.utils import decode_move_task_handle

from .policies import is_arn_of_queue

MAX_RATE = 500
MAX_RESULTS = 10


def check_start(source_arn: str, destination_arn: str | None, rate: int | None) -> None:
    """A task that is to begin; whether its queues exist LocalStack checks."""
    _check_arn(source_arn, "SourceArn")
    if rate is not None and not 1 <= rate <= MAX_RATE:
        raise InvalidParameterValueException(
            "Value for parameter MaxNumberOfMessagesPerSecond is invalid. "
            f"Reason: You must enter a number that's between 1 and {MAX_RATE}."
        )
    if destination_arn is None:
        return
    _check_arn(destination_arn, "DestinationArn")
    if destination_arn == source_arn:
        raise InvalidParameterValueException("Source queue arn and destination queue arn cannot be the same.")
    if _exists(source_arn) and _exists(destination_arn) and _is_fifo(source_arn) != _is_fifo(destination_arn):
        raise InvalidParameterValueException("The source queue and destination queue must be of the same queue type.")


def check_list(source_arn: str, max_results: int | None) -> None:
    """A list of a queue's tasks."""
    _check_arn(source_arn, "SourceArn")
    if max_results is not None and not 1 <= max_results <= MAX_RESULTS:
        raise InvalidParameterValueException(
            f"Value {max_results} for parameter MaxResults is invalid. Reason: Must be between 1 and {MAX_RESULTS}."
        )


def check_cancel(task_handle: str, tasks: Mapping[str, MessageMoveTask]) -> None:
    """A task that is to be cancelled: it must be running. An unknown one LocalStack refuses."""
    try:
        task_id, _ = decode_move_task_handle(task_handle)
    except ValueError:
        return
    task = tasks.get(task_id)
    if task is not None and task.status != MessageMoveTaskStatus.RUNNING:
        raise ResourceNotFoundException("Only active tasks can be cancelled.", status_code=404)


def _check_arn(arn: str, parameter: str) -> None:
    if not is_arn_of_queue(arn):
        raise InvalidParameterValueException(
            f"You must use this format to specify the {parameter}: "
            "arn:<partition>:<service>:<region>:<account-id>:<resource-id>"
        )


def _exists(arn: str) -> bool:
    _, _, _, region, account, name = arn.split(":")
    return name in sqs_stores[account][region].queues


def _is_fifo(arn: str) -> bool:
    return arn.endswith(".fifo")
