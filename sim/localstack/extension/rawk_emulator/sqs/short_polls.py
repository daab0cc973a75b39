"""A short poll of a standard queue asks some of SQS's servers only: it may give fewer messages than there are, or none.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html

Stock LocalStack 4.14 always gives all that it may, so nobody notices code that takes a short poll for the whole queue.
Here about every fourth short poll that finds messages misses some of them, never two in a row. Which ones is the same
for every queue and in every run. Long polls, event source mappings, move tasks and FIFO queues get everything, as do
the first polls of a queue, so that a test that sends and receives once is not disturbed; `SIM_FULL_SHORT_POLLS` says
how many. The worlds of the scenarios have none.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import os
from dataclasses import dataclass, field
from random import Random
from typing import Any
from weakref import WeakKeyDictionary

from localstack.aws.api.sqs import ReceiveMessageResult
from localstack.services.sqs.models import SqsQueue, StandardQueue
from localstack.services.sqs.provider import SqsProvider

from ..introspection.event_log import patch_method
from .variables import DEFAULT_FULL_SHORT_POLLS, FULL_SHORT_POLLS_VARIABLE

SEED = 20_121_105
SHARE_THAT_MISSES = 0.25
SHARE_OF_THESE_THAT_GIVES_NONE = 0.2
FEW = 1000
"""With more messages than this, every server has some."""


@dataclass
class Servers:
    """The servers of one queue, as its short polls see them."""

    full_polls: int
    randomness: Random = field(default_factory=lambda: Random(SEED))  # not for secrets
    polls: int = 0
    missed_last: bool = False

    def given(self, possible: int) -> int:
        """How many messages a short poll gives that could have this many, one at least."""
        self.polls += 1
        if self.polls <= self.full_polls or self.missed_last:
            self.missed_last = False
            return possible
        # The first that may miss some does: a queue is not polled often in a short test.
        first = self.polls == self.full_polls + 1 and possible > 1
        self.missed_last = first or self.randomness.random() < SHARE_THAT_MISSES
        if not self.missed_last:
            return possible
        none = possible == 1 or (not first and self.randomness.random() < SHARE_OF_THESE_THAT_GIVES_NONE)
        return 0 if none else self.randomness.randint(1, possible - 1)


_servers: WeakKeyDictionary[SqsQueue, Servers] = WeakKeyDictionary()


def install() -> None:
    """Make short polls ask some servers only."""
    patch_method(SqsProvider, "receive_message", _receive_message)


def _receive_message(stock: Any, provider: Any, context: Any, queue_url: str, *given: Any, **request: Any) -> Any:
    if context.operation is None or context.is_internal_call:  # a mapping, or another service
        return stock(provider, context, queue_url, *given, **request)
    queue = provider._resolve_queue(context, queue_url=queue_url)
    wait_seconds = request.get("wait_time_seconds")
    if isinstance(queue, StandardQueue) and not (queue.wait_time_seconds if wait_seconds is None else wait_seconds):
        visible = queue.visible.qsize()
        possible = min(visible, request.get("max_number_of_messages") or 1)
        if 0 < visible < FEW:
            number = _servers_of(queue).given(possible)
            if not number:
                return ReceiveMessageResult()
            request["max_number_of_messages"] = number
    return stock(provider, context, queue_url, *given, **request)


def _servers_of(queue: SqsQueue) -> Servers:
    if queue not in _servers:
        full_polls = int(os.environ.get(FULL_SHORT_POLLS_VARIABLE) or DEFAULT_FULL_SHORT_POLLS)
        _servers[queue] = Servers(full_polls)
    return _servers[queue]
