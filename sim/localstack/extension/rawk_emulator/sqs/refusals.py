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

from localstack import config
from localstack.services.sqs.provider import SqsProvider
from localstack.utils.aws.arns import get_partition

from .checks import attributes

Request = dict[str, Any]
Check = Callable[[SqsProvider, Any, Request], None]

WAITS = ("SQS_DELAY_PURGE_RETRY", "SQS_DELAY_RECENTLY_DELETED")
"""Settings of LocalStack: one purge a minute; a minute between a queue's deletion and the next of its name."""


def install() -> None:
    """Check every call."""
    for setting in WAITS:
        if not os.environ.get(setting):
            setattr(config, setting, True)
    for operation, check in CHECKS.items():
        _check_before(operation, check)


def _check_before(operation: str, check: Check) -> None:
    stock = getattr(SqsProvider, operation)
    names = list(inspect.signature(stock).parameters)[2:]

    @functools.wraps(stock)
    def checked(provider: SqsProvider, context: Any, *given: Any, **request: Any) -> Any:
        check(provider, context, request | dict(zip(names, given, strict=False)))
        return stock(provider, context, *given, **request)

    setattr(SqsProvider, operation, checked)


def _create_queue(_: SqsProvider, context: Any, request: Request) -> None:
    name = request["queue_name"]
    attributes.check_name(name)
    arn = f"arn:{get_partition(context.region)}:sqs:{context.region}:{context.account_id}:{name}"
    attributes.check_attributes(request.get("attributes") or {}, {}, arn)


def _set_queue_attributes(provider: SqsProvider, context: Any, request: Request) -> None:
    queue = provider._resolve_queue(context, queue_url=request["queue_url"])
    attributes.check_attributes(request.get("attributes") or {}, queue.attributes, queue.arn)


CHECKS: dict[str, Check] = {
    "create_queue": _create_queue,
    "set_queue_attributes": _set_queue_attributes,
}
