"""Asynchronous invocations while a function is replaced: none is held up by it.

Each version of a function has a poller of its own for the queue of its asynchronous invocations. One that is told to
stop may just have received some, and stock LocalStack lets those lie: they come back when their visibility ends, the
function's timeout and a minute later. Here they go back at once, to the poller of the new version.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import logging
import threading
from concurrent.futures import Future
from functools import partial
from typing import Any

from localstack.services.lambda_.invocation.event_manager import Poller
from localstack.services.lambda_.invocation.internal_sqs_queue import get_fake_sqs_client
from localstack.services.sqs.models import InvalidParameterValueException

from ..introspection import activity

LOG = logging.getLogger(__name__)

AT_MOST = 10
LONGEST_WAIT_SECONDS = 1.0
TAKING = "asynchronous invocations are being taken"
VISIBILITY_MARGIN_SECONDS = 60


def install() -> None:
    """Give every version's poller our loop."""
    Poller.run = poll


def poll(poller: Any, *_: object) -> None:
    """Hand invocations to the version's threads until it is told to stop."""
    queues = get_fake_sqs_client().queue_manager
    stopping: threading.Event = poller._shutdown_event
    visibility_seconds = poller.version_manager.function_version.config.timeout + VISIBILITY_MARGIN_SECONDS
    while not stopping.is_set():
        try:
            queue = queues.get_queue(poller.event_queue_url)
        except ValueError:  # the function is gone
            return
        if _has_message(queue, stopping):
            with activity.under_way(TAKING):
                _take(poller, queue, visibility_seconds)


def _has_message(queue: Any, stopping: threading.Event) -> bool:
    """Wait for one, so long at most; takes nothing, for what is neither in the queue nor in flight is nowhere."""
    visible = queue.visible
    with visible.not_empty:
        arrived = lambda: visible.queue or visible.is_shutdown or stopping.is_set()  # noqa: E731
        visible.not_empty.wait_for(arrived, LONGEST_WAIT_SECONDS)
        return bool(visible.queue) and not stopping.is_set()


def _take(poller: Any, queue: Any, visibility_seconds: int) -> None:
    received = get_fake_sqs_client().receive_message(
        poller.event_queue_url, MaxNumberOfMessages=AT_MOST, VisibilityTimeout=visibility_seconds
    )
    for message in received["Messages"] or []:
        _hand_over(poller, queue, message)


def _hand_over(poller: Any, queue: Any, message: dict[str, Any]) -> None:
    try:
        handling = poller.invoker_pool.submit(poller.handle_message, message)
    except RuntimeError:  # the pool takes no more: the poller was stopped
        _give_back(queue, message)
    else:
        handling.add_done_callback(partial(_give_back_if_cancelled, queue, message))


def _give_back_if_cancelled(queue: Any, message: dict[str, Any], handling: "Future[None]") -> None:
    if handling.cancelled():
        _give_back(queue, message)


def _give_back(queue: Any, message: dict[str, Any]) -> None:
    try:
        queue.update_visibility_timeout(message["ReceiptHandle"], 0)
    except InvalidParameterValueException as error:  # it was visible again already
        LOG.info("an asynchronous invocation could not be given back: %s", error)
