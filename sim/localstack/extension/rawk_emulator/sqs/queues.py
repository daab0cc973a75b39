"""Corrections of what SQS in LocalStack 4.14 does differently from AWS.

- A message becomes visible again, or leaves its delay, at its due moment; stock LocalStack checks once a second.
- In a FIFO queue an invisible message holds up its own group alone.
- What becomes of dead letters, move tasks, and some answers: see the modules that `install` names.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import logging
import threading
from collections.abc import Iterator

from localstack.services.lambda_.invocation.internal_sqs_queue import get_fake_sqs_client
from localstack.services.sqs import provider
from localstack.services.sqs.models import (
    FifoQueue,
    SqsMessage,
    SqsQueue,
    sqs_stores,
)
from localstack.services.sqs.queue import InterruptibleQueue

from ..time import clock
from . import answers, attribute_effects, dead_letters, move_tasks, receive_attempts

LOG = logging.getLogger(__name__)

MAX_PAUSE_SECONDS = 0.25
"""A deadline that is set meanwhile is noticed after at most this time, so shorter visibility timeouts may be late by
it.
"""


def install() -> None:
    """Replace LocalStack's timer, and correct the rest."""
    timer = QueueTimer()
    provider.QueueUpdateWorker.start = lambda _: timer.start()
    provider.QueueUpdateWorker.stop = lambda _: timer.stop()
    SqsQueue.requeue_inflight_messages = requeue_visible_messages
    FifoQueue.requeue_inflight_messages = requeue_visible_groups
    for part in (attribute_effects, dead_letters, move_tasks, receive_attempts, answers):
        part.install()


class QueueTimer:
    """Wakes when the next message is due, and processes all due messages."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start watching; a second call changes nothing."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._watch, name="queue-timer", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._stopping.set()
        self._thread = None

    def _watch(self) -> None:
        while not self._stopping.is_set():
            try:
                settle_due_messages()
                due = next_due_seconds()
            except Exception:  # no queue may end the timer of all queues
                LOG.exception("the timer of the queues failed")
                due = None
            pause = MAX_PAUSE_SECONDS if due is None else due - clock.now_seconds()
            self._stopping.wait(min(MAX_PAUSE_SECONDS, max(0.001, pause)))


_failing: set[str] = set()
"""The steps that failed last time, by queue: each is logged once."""


def settle_due_messages() -> None:
    """Make due messages visible, after visibility timeouts and delays; delete those whose retention has ended.

    A step that fails in one queue is logged, and the rest is done all the same.
    """
    for queue in all_queues():
        for step in (queue.requeue_inflight_messages, queue.enqueue_delayed_messages, queue.remove_expired_messages):
            what = f"{step.__name__} of {queue.arn}"
            try:
                step()
                _failing.discard(what)
            except Exception:
                if what not in _failing:
                    LOG.exception("%s failed", what)
                _failing.add(what)


def next_due_seconds() -> float | None:
    """When the next message in any queue is due, in seconds since 1970; None when no message waits for its time."""
    return min((moment for queue in all_queues() for moment in _due_moments(queue)), default=None)


def all_queues() -> Iterator[SqsQueue]:
    """Every queue of every account and region, and the queues in which Lambda keeps asynchronous invocations."""
    for _, _, store in list(sqs_stores.iter_stores()):
        yield from list(store.queues.values())
    yield from invocation_queues()


def invocation_queues() -> Iterator[SqsQueue]:
    """Lambda's internal queues: one for each function version, for its asynchronous invocations."""
    yield from list(get_fake_sqs_client().queue_manager.queues.values())


def ready(queue: SqsQueue) -> InterruptibleQueue:
    """What can be received from a queue now: messages, or in a FIFO queue groups of them."""
    return queue.message_group_queue if isinstance(queue, FifoQueue) else queue.visible


def _due_moments(queue: SqsQueue) -> Iterator[float]:
    in_flight = [message for message in list(queue.inflight) if message.visibility_deadline]
    if isinstance(queue, FifoQueue):
        yield from _moments_in_groups(in_flight)
    else:
        yield from (message.visibility_deadline for message in in_flight)
    yield from (message.created + message.delay_seconds for message in list(queue.delayed))


def _moments_in_groups(in_flight: list[SqsMessage]) -> Iterator[float]:
    """In a FIFO queue a message returns no sooner than those of its group that were received before it."""
    latest: dict[str, float] = {}
    for message in in_flight:
        group = message.message_group_id
        latest[group] = max(latest.get(group, 0.0), message.visibility_deadline)
        yield latest[group]


def requeue_visible_groups(queue: FifoQueue) -> None:
    """LocalStack's method, except that an invisible message holds up its own group alone, not the whole queue."""
    if not queue.inflight:
        return
    with queue.mutex:
        held_up: set[str] = set()
        for message in list(queue.inflight):
            if not message.is_visible:
                held_up.add(message.message_group_id)
            elif message.message_group_id not in held_up:
                queue.inflight.pop(message, None)
                queue._put_message(message)


def requeue_visible_messages(queue: SqsQueue) -> None:
    """LocalStack's method, but safe against a receive at the same moment (theirs iterates over a growing dict)."""
    if not queue.inflight:
        return
    with queue.mutex:
        for message in [each for each in list(queue.inflight) if each.is_visible]:
            queue.inflight.pop(message, None)
            queue._put_message(message)
