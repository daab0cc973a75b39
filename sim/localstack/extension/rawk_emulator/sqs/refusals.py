"""SQS refuses what AWS refuses: each operation is checked before LocalStack 4.14 carries it out.

What is checked is in `checks/`, by subject. A call that is refused changes nothing.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import functools
import inspect
import os
from collections.abc import Callable
from typing import Any

from botocore import xform_name
from localstack import config
from localstack.aws.api.sqs import InvalidAddress
from localstack.aws.spec import load_service
from localstack.services.sqs import provider as sqs_provider
from localstack.services.sqs.exceptions import MissingRequiredParameterException
from localstack.services.sqs.models import SqsQueue
from localstack.services.sqs.provider import SqsProvider
from localstack.services.sqs.utils import parse_queue_url
from localstack.utils.aws.arns import get_partition

from ..introspection.event_log import patch_method
from . import error_types, in_flight_limit
from .checks import attributes, messages, move_tasks, receives, sharing

Request = dict[str, Any]
Check = Callable[[SqsProvider, Any, Request], None]

WAITS = ("SQS_DELAY_PURGE_RETRY", "SQS_DELAY_RECENTLY_DELETED")
"""Settings of LocalStack: one purge a minute; a minute between a queue's deletion and the next of its name."""

ENTRIES = {
    "send_message_batch": ("MessageBody", "SendMessageBatchRequestEntry"),
    "delete_message_batch": ("ReceiptHandle", "DeleteMessageBatchRequestEntry"),
    "change_message_visibility_batch": ("VisibilityTimeout", "ChangeMessageVisibilityBatchRequestEntry"),
}
"""For each batch: the member that every entry needs, and the entries' type."""

CODES = {
    "InvalidParameterValueException": "InvalidParameterValue",
    "MissingRequiredParameterException": "MissingParameter",
}
"""Errors of entries have the older protocol's codes."""


def install() -> None:
    """Check every call."""
    for setting in WAITS:
        if not os.environ.get(setting):
            setattr(config, setting, True)
    for operation, check in CHECKS.items():
        _check_before(operation, check)
    for operation, (needed, type_of_entry) in ENTRIES.items():
        _check_before(operation, functools.partial(_batch, needed=needed, type_of_entry=type_of_entry))
        patch_method(SqsProvider, operation, _with_awss_codes)
    for operation in load_service("sqs").operation_names:
        _require_parameters(operation)
    patch_method(SqsProvider, "_put_message", _put_message)
    patch_method(sqs_provider, "_bytesize", _bytesize)
    patch_method(SqsQueue, "update_visibility_timeout", _update_visibility_timeout)
    in_flight_limit.install()
    error_types.install()


def _require_parameters(operation: str) -> None:
    """What a call leaves out, LocalStack does not pass on: without this, that is an error of the server."""
    members = load_service("sqs").operation_model(operation).input_shape.required_members
    # The older protocol has no empty list: a batch without entries is an empty batch.
    required = {xform_name(name): name for name in members if name != "Entries"}

    def check(_: SqsProvider, __: Any, request: Request) -> None:
        for name, documented in required.items():
            if request.get(name) is None:
                raise MissingRequiredParameterException(f"The request must contain the parameter {documented}.")

    _check_before(xform_name(operation), check)


def _check_before(operation: str, check: Check) -> None:
    stock = getattr(SqsProvider, operation)
    names = list(inspect.signature(stock).parameters)[2:]

    @functools.wraps(stock)
    def checked(provider: SqsProvider, context: Any, *given: Any, **request: Any) -> Any:
        check(provider, context, request | dict(zip(names, given, strict=False)))
        return stock(provider, context, *given, **request)

    setattr(SqsProvider, operation, checked)


def _queue(provider: SqsProvider, context: Any, request: Request) -> SqsQueue:
    return provider._resolve_queue(context, queue_url=request["queue_url"])


# ---- queues ----


def _create_queue(_: SqsProvider, context: Any, request: Request) -> None:
    name = request["queue_name"]
    attributes.check_name(name)
    arn = f"arn:{get_partition(context.region)}:sqs:{context.region}:{context.account_id}:{name}"
    attributes.check_attributes(request.get("attributes") or {}, {}, arn)
    if tags := request.get("tags"):
        sharing.check_tags(tags, {}, name)


def _set_queue_attributes(provider: SqsProvider, context: Any, request: Request) -> None:
    queue = _queue(provider, context, request)
    attributes.check_attributes(request.get("attributes") or {}, queue.attributes, queue.arn)


def _delete_queue(provider: SqsProvider, context: Any, request: Request) -> None:
    address = request["queue_url"]
    try:
        parse_queue_url(address)
    except ValueError as error:
        if "/" in address:
            raise InvalidAddress(f"The address {address} is not valid for this endpoint.") from error
        _queue(provider, context, request)  # a name in place of a URL


def _list(_: SqsProvider, __: Any, request: Request) -> None:
    sharing.check_page(request.get("max_results"), request.get("next_token"))


def _add_permission(provider: SqsProvider, context: Any, request: Request) -> None:
    _queue(provider, context, request)
    sharing.check_permission(str(request["label"]), request.get("actions"), request.get("aws_account_ids"))


def _tag_queue(provider: SqsProvider, context: Any, request: Request) -> None:
    queue = _queue(provider, context, request)
    sharing.check_tags(request.get("tags"), provider._get_queue_tags(queue) or {}, queue.name)


def _untag_queue(provider: SqsProvider, context: Any, request: Request) -> None:
    _queue(provider, context, request)
    sharing.check_tag_keys(request.get("tag_keys"))


# ---- message move tasks ----


def _start_message_move_task(_: SqsProvider, __: Any, request: Request) -> None:
    move_tasks.check_start(
        request["source_arn"], request.get("destination_arn"), request.get("max_number_of_messages_per_second")
    )


def _list_message_move_tasks(_: SqsProvider, __: Any, request: Request) -> None:
    move_tasks.check_list(request["source_arn"], request.get("max_results"))


def _cancel_message_move_task(provider: SqsProvider, context: Any, request: Request) -> None:
    tasks = provider.get_store(context.account_id, context.region).move_tasks
    move_tasks.check_cancel(request["task_handle"], tasks)


# ---- messages ----


def _bytesize(stock: Any, value: str | bytes) -> Any:
    """JSON can write half of a pair of surrogates. It is no character: what checks the content refuses it."""
    return stock(value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value)


def _receive_message(provider: SqsProvider, context: Any, request: Request) -> None:
    receives.check_receive(
        _queue(provider, context, request),
        request.get("max_number_of_messages"),
        request.get("wait_time_seconds"),
        request.get("visibility_timeout"),
        request.get("receive_request_attempt_id"),
        [*(request.get("attribute_names") or []), *(request.get("message_system_attribute_names") or [])],
    )


def _batch(provider: SqsProvider, context: Any, request: Request, needed: str, type_of_entry: str) -> None:
    _queue(provider, context, request)
    messages.check_batch(request.get("entries") or [], needed, type_of_entry)


def _with_awss_codes(stock: Any, *given: Any, **request: Any) -> Any:
    answer = stock(*given, **request)
    for failed in answer.get("Failed") or []:
        failed["Code"] = CODES.get(failed["Code"], failed["Code"])
        failed["SenderFault"] = True
    return answer


def _put_message(
    stock: Any,
    provider: SqsProvider,
    queue: SqsQueue,
    context: Any,
    message_body: str,
    delay_seconds: int | None = None,
    message_attributes: Any = None,
    message_system_attributes: Any = None,
    message_deduplication_id: str | None = None,
    message_group_id: str | None = None,
) -> Any:
    optional = (
        delay_seconds,
        message_attributes,
        message_system_attributes,
        message_deduplication_id,
        message_group_id,
    )
    messages.check_message(queue, *optional)
    return stock(provider, queue, context, message_body, *optional)


def _update_visibility_timeout(stock: Any, queue: SqsQueue, receipt_handle: str, seconds: int) -> None:
    with queue.mutex:
        queue.validate_receipt_handle(receipt_handle)
        receives.check_visibility_change(queue, queue.receipts.get(receipt_handle), seconds)
        stock(queue, receipt_handle, seconds)


CHECKS: dict[str, Check] = {
    "create_queue": _create_queue,
    "set_queue_attributes": _set_queue_attributes,
    "delete_queue": _delete_queue,
    "list_queues": _list,
    "list_dead_letter_source_queues": _list,
    "add_permission": _add_permission,
    "tag_queue": _tag_queue,
    "untag_queue": _untag_queue,
    "receive_message": _receive_message,
    "start_message_move_task": _start_message_move_task,
    "list_message_move_tasks": _list_message_move_tasks,
    "cancel_message_move_task": _cancel_message_move_task,
}
