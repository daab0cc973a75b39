"""No more than 120,000 messages of a queue are in flight.

At the limit a short poll of a standard queue is refused (OverLimit); a long poll waits, and a FIFO queue returns no
messages.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from typing import Any

from localstack.aws.api.sqs import OverLimit
from localstack.services.sqs.models import FifoQueue, ReceiveMessageResult, StandardQueue

from ..introspection.event_log import patch_method
from ..time import clock

LIMIT = 120_000


def install() -> None:
    """Limit what is received."""
    for kind in (StandardQueue, FifoQueue):
        patch_method(kind, "receive", _receive)


def _receive(
    stock: Any,
    queue: Any,
    num_messages: int = 1,
    wait_time_seconds: int | None = None,
    visibility_timeout: int | None = None,
    **more: Any,
) -> Any:
    if not _free(queue):
        if not wait_time_seconds and not isinstance(queue, FifoQueue):
            raise OverLimit("Too many messages are in flight.", status_code=403)
        started_at = clock.now_seconds()
        clock.wait(wait_time_seconds or 0, lambda: _free(queue) > 0)
        if not _free(queue):
            return ReceiveMessageResult()
        wait_time_seconds = max(0, int((wait_time_seconds or 0) - (clock.now_seconds() - started_at)))
    return stock(queue, min(num_messages, _free(queue)), wait_time_seconds, visibility_timeout, **more)


def _free(queue: Any) -> int:
    return max(0, LIMIT - len(queue.inflight))
