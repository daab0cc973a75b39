"""Visibility timeouts and delays in seconds that pass: they end no sooner than they say."""

import time
from collections.abc import Callable

from sim.localstack.conformance.documented.registry import Checks
from sim.localstack.conformance.documented.sqs.fixtures import API, GUIDE, queue, receive_one, send
from sim.localstack.conformance.target import NotConformant, Target

SQS = Checks("SQS", API)

VISIBILITY = f"{GUIDE}sqs-visibility-timeout.html"


Hide = Callable[[], object]


def _by_the_receive(target: Target, url: str) -> Hide:
    return lambda: receive_one(target, url, VisibilityTimeout=1)


def _by_the_queue(target: Target, url: str) -> Hide:
    return lambda: receive_one(target, url)


def _by_a_change(target: Target, url: str) -> Hide:
    handle = receive_one(target, url, VisibilityTimeout=60)["ReceiptHandle"]
    return lambda: target.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=1)


def _expect_a_second(target: Target, url: str, hide: Hide) -> None:
    """The time counts from before the call that hides the message, so a slow answer does not matter."""
    hidden_at = time.monotonic()
    hide()
    receive_one(target, url)
    hidden_seconds = time.monotonic() - hidden_at
    if hidden_seconds < 1:
        raise NotConformant(f"the message was hidden for {hidden_seconds:.3f} s, not for 1 s")


def _declare_timeouts() -> None:
    setters = {"the receive": _by_the_receive, "the queue": _by_the_queue, "ChangeMessageVisibility": _by_a_change}
    for setter, prepare in setters.items():
        for kind, fifo in {"standard": False, "FIFO": True}.items():

            @SQS.check(
                f"In a {kind} queue a visibility timeout set by {setter} ends no sooner than it says", VISIBILITY
            )
            def no_sooner(target: Target, prepare: Callable[[Target, str], Hide] = prepare, fifo: bool = fifo) -> None:
                with queue(target, fifo=fifo, VisibilityTimeout="1") as url:
                    send(target, url)
                    _expect_a_second(target, url, prepare(target, url))


_declare_timeouts()


@SQS.check("The delay of a message ends no sooner than it says", f"{GUIDE}sqs-message-timers.html")
def delay_of_a_message(target: Target) -> None:
    with queue(target) as url:
        _expect_a_second(target, url, lambda: send(target, url, DelaySeconds=1))


@SQS.check("The delay of a FIFO queue ends no sooner than it says", f"{GUIDE}sqs-delay-queues.html")
def delay_of_a_queue(target: Target) -> None:
    with queue(target, fifo=True, DelaySeconds="1") as url:
        _expect_a_second(target, url, lambda: send(target, url))
