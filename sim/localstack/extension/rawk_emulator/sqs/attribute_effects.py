"""What a change of a queue's attributes does besides, on AWS, and stock LocalStack 4.14 leaves out.

- `LastModifiedTimestamp` is the time of the change.
- A FIFO queue's new delay counts for the messages that are delayed already.
  https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html
- A KMS key replaces the encryption with keys of SQS's own.
- `maxReceiveCount` is a number in the redrive policy that a queue returns, also where it was given as a string.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import functools
import json
from collections.abc import Mapping
from typing import Any

from localstack.services.sqs.models import SqsQueue
from localstack.services.sqs.provider import SqsProvider


def install() -> None:
    """Apply the effects after each creation and each change."""
    stock_create, stock_set = SqsProvider.create_queue, SqsProvider.set_queue_attributes

    @functools.wraps(stock_create)
    def create_queue(
        provider: Any, context: Any, queue_name: str, attributes: Any = None, *given: Any, **more: Any
    ) -> Any:
        attributes = _with_count_as_number(attributes)
        answer = stock_create(provider, context, queue_name, attributes, *given, **more)
        _encrypt(provider._resolve_queue(context, queue_name=queue_name), attributes or {})
        return answer

    @functools.wraps(stock_set)
    def set_queue_attributes(provider: Any, context: Any, queue_url: str, attributes: Any, **more: Any) -> None:
        attributes = _with_count_as_number(attributes)
        stock_set(provider, context, queue_url, attributes, **more)
        queue = provider._resolve_queue(context, queue_url=queue_url)
        queue.update_last_modified()
        if "DelaySeconds" in attributes:
            queue.update_delay_seconds(int(attributes["DelaySeconds"]))
        _encrypt(queue, attributes)

    SqsProvider.create_queue = create_queue
    SqsProvider.set_queue_attributes = set_queue_attributes


def _encrypt(queue: SqsQueue, attributes: Mapping[str, str]) -> None:
    if attributes.get("KmsMasterKeyId"):
        queue.attributes["SqsManagedSseEnabled"] = "false"


def _with_count_as_number(attributes: Any) -> Any:
    try:
        policy = json.loads((attributes or {}).get("RedrivePolicy") or "null")
        if isinstance(policy, dict) and isinstance(policy.get("maxReceiveCount"), str):
            policy["maxReceiveCount"] = int(policy["maxReceiveCount"])
            return {**attributes, "RedrivePolicy": json.dumps(policy)}
    except ValueError:  # refused, or, where nothing is refused, kept as it is
        pass
    return attributes
