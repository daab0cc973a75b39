"""What the virtual clock asks of the emulator: is it busy, and what is due next.

Busy means that something happens without any time passing: an activity (see activity.py) whose function does not sleep,
a visible message that a mapping is about to take, an asynchronous invocation in LocalStack's own queue, a redrive.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import os
import time
from collections.abc import Iterator
from typing import Any

from localstack.services.lambda_.invocation.event_manager import Poller
from localstack.services.sqs.models import MessageMoveTaskStatus, sqs_stores
from localstack.utils.aws.arns import parse_arn

from ..chaos import handler
from ..events import schedule
from ..lambda_.sqs_mapping import active_mappings
from ..sqs import queues
from ..time import clock
from ..time.shared_offset import CLOCK_VARIABLE
from . import activity

POLL_SECONDS = 0.005
"""How often to check for ends that are not signalled, such as a queue that becomes empty."""

ASYNCHRONOUS = "an asynchronous invocation"


def install() -> None:
    """Track an asynchronous invocation from the moment it is taken from its queue until it is settled.

    Where virtual time may jump, track deliveries of topics as well; elsewhere this is not needed, and SNS need not be
    loaded.
    """
    if os.environ.get(CLOCK_VARIABLE):
        from ..sns import deliveries

        deliveries.install()
    stock = Poller.handle_message

    def handle_message(poller: Any, message: dict[str, Any]) -> None:
        with activity.under_way(ASYNCHRONOUS):
            stock(poller, message)

    Poller.handle_message = handle_message


def describe() -> dict[str, Any]:
    """The whole answer, see control.py."""
    changes = activity.changes()
    under_way = activity.snapshot()
    now = clock.now_seconds()
    return {
        "now": now,
        "changes": changes,
        "at_function": sum(each.at_function and not each.sleeping for each in under_way)
        - handler.held_calls("function"),
        "busy": [*_imminent(now), *(each.what for each in under_way if _is_busy(each, now))],
        "next_due": min(_due_moments(under_way), default=None),
    }


def describe_at_rest(limit_seconds: float) -> dict[str, Any]:
    """The same once nothing is busy and no function runs, after the given real seconds at the latest."""
    ends_at = time.monotonic() + limit_seconds
    while True:
        world = describe()
        left = ends_at - time.monotonic()
        if left <= 0 or not (world["busy"] or world["at_function"]):
            return world
        activity.wait_for_change(world["changes"], min(left, POLL_SECONDS))


def settle() -> None:
    """Time has jumped: process everything that has become due, and wake all waiting threads."""
    queues.settle_due_messages()
    clock.wake()


def _is_busy(each: activity.Activity, now: float) -> bool:
    """Another server may hold a running function, which the caller knows; past its deadline it is being killed."""
    if each.deadline is not None and each.deadline <= now:
        return True
    return not each.at_function and not each.is_waiting


def _imminent(now: float) -> Iterator[str]:
    for mapping in list(active_mappings.values()):
        arn = parse_arn(mapping.source_arn)
        queue = sqs_stores[arn["account"]][arn["region"]].queues.get(arn["resource"])
        if queue is not None and mapping.is_about_to_poll and queues.ready(queue).queue:
            yield f"messages of {queue.name} are about to be taken"
        if mapping.is_about_to_end:
            yield f"a mapping of {arn['resource']} is about to end"
    waiting = sum(len(queue.visible.queue) + len(queue.inflight) for queue in queues.invocation_queues())
    if waiting > sum(each.what == ASYNCHRONOUS for each in activity.snapshot()):
        yield "an asynchronous invocation is about to begin"
    if any(task.status == MessageMoveTaskStatus.RUNNING for task in _move_tasks()):
        yield "a redrive is under way"
    if schedule.is_reading_rules():
        yield "a schedule is being looked at, or carried out"
    if any(due <= now for due in _waits()):
        yield "something that was waited for is due"


def _move_tasks() -> Iterator[Any]:
    for _, _, store in list(sqs_stores.iter_stores()):
        yield from list(store.move_tasks.values())


def _due_moments(under_way: list[activity.Activity]) -> Iterator[float]:
    yield from _waits()
    yield from (each.deadline for each in under_way if each.deadline is not None)


def _waits() -> Iterator[float]:
    for due in (queues.next_due_seconds(), clock.next_due_seconds()):
        if due is not None:
            yield due
