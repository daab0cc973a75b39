"""Asynchronous invocations while a function is updated: none of them waits for the update.

Each version of a function has its own poller for the queue of its asynchronous invocations. A poller that is stopped
may just have received some. Stock LocalStack leaves those messages in flight, and they return when their visibility
timeout ends: the function's timeout and a minute later. Here they return at once, and the poller of the new version
takes them.
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
MAX_WAIT_SECONDS = 1.0
TAKING = "asynchronous invocations are being taken"
VISIBILITY_MARGIN_SECONDS = 60


def install() -> None:
    """Replace the loop of every version's poller."""
    Poller.run = poll


def poll(poller: Any, *_: object) -> None:
    """Pass invocations to the version's threads until the poller is stopped."""
    queues = get_fake_sqs_client().queue_manager
    stopping: threading.Event = poller._shutdown_event
    visibility_seconds = poller.version_manager.function_version.config.timeout + VISIBILITY_MARGIN_SECONDS
    while not stopping.is_set():
        try:
            queue = queues.get_queue(poller.event_queue_url)
        except ValueError:  # the function was deleted
            return
        if _has_message(queue, stopping):
            with activity.under_way(TAKING):
                _take(poller, queue, visibility_seconds)


def _has_message(queue: Any, stopping: threading.Event) -> bool:
    """Wait for a message for a limited time, without receiving it: a message that is received is neither visible nor in
    flight.
    """
    visible = queue.visible
    with visible.not_empty:
        arrived = lambda: visible.queue or visible.is_shutdown or stopping.is_set()  # noqa: E731
        visible.not_empty.wait_for(arrived, MAX_WAIT_SECONDS)
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
    except RuntimeError:  # the thread pool is closed: the poller was stopped
        _give_back(queue, message)
    else:
        handling.add_done_callback(partial(_give_back_if_cancelled, queue, message))


def _give_back_if_cancelled(queue: Any, message: dict[str, Any], handling: "Future[None]") -> None:
    if handling.cancelled():
        _give_back(queue, message)


def _give_back(queue: Any, message: dict[str, Any]) -> None:
    try:
        queue.update_visibility_timeout(message["ReceiptHandle"], 0)
    except InvalidParameterValueException as error:  # it is visible already
        LOG.info("an asynchronous invocation could not be returned: %s", error)
