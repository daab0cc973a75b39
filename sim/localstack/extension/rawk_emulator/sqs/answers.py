"""Answers of SQS that stock LocalStack 4.14 gives otherwise than AWS.

- Several prefixes of attribute names (`a.*`, `b.*`) are all looked for in a receive, not the first alone.
- ListDeadLetterSourceQueues has pages.
- A batch returns the digest of the system attributes.
- DeleteQueue takes a queue's name in place of its URL, as the other operations do.
- In a FIFO queue whose scope of deduplication is the message group, an id counts in each group by itself; stock
  LocalStack keeps the latest group of an id alone.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from localstack.services.sqs import models
from localstack.services.sqs.constants import MAX_RESULT_LIMIT
from localstack.services.sqs.provider import SqsProvider
from localstack.services.sqs.utils import create_message_attribute_hash
from localstack.utils.collections import PaginatedList
from localstack.utils.strings import token_generator

from ..introspection.event_log import patch_method

_ALL = ("All", ".*", "*")


def install() -> None:
    """Answer as AWS."""
    models.message_filter_message_attributes = filter_attributes
    patch_method(SqsProvider, "list_dead_letter_source_queues", _list_dead_letter_source_queues)
    patch_method(SqsProvider, "send_message_batch", _send_message_batch)
    patch_method(SqsProvider, "delete_queue", _delete_queue)
    patch_method(models.FifoQueue, "put", _put_in_scope)
    patch_method(models.FifoQueue, "clear", _clear)


def filter_attributes(message: Any, names: Sequence[str] | None) -> None:
    """Leave the attributes that a receive asks for; `name.*` asks for all that begin with `name`."""
    attributes = message.get("MessageAttributes")
    if not attributes or any(name in _ALL for name in names or []):
        return
    exact = {name for name in names or [] if not name.endswith(".*")}
    prefixes = tuple(name.removesuffix(".*") for name in names or [] if name.endswith(".*"))
    kept = {name: value for name, value in attributes.items() if name in exact or name.startswith(prefixes)}
    if kept:
        message["MessageAttributes"] = kept
    else:
        del message["MessageAttributes"]


def _list_dead_letter_source_queues(
    stock: Any,
    provider: Any,
    context: Any,
    queue_url: str,
    next_token: str | None = None,
    max_results: int | None = None,
    **more: Any,
) -> Any:
    answer = stock(provider, context, queue_url, **more)
    answer["queueUrls"], token = PaginatedList(answer["queueUrls"]).get_page(
        token_generator, next_token=next_token, page_size=max_results or MAX_RESULT_LIMIT
    )
    if token:
        answer["NextToken"] = token
    return answer


def _send_message_batch(stock: Any, provider: Any, context: Any, queue_url: str, entries: Any, **more: Any) -> Any:
    answer = stock(provider, context, queue_url, entries, **more)
    system = {
        entry["Id"]: entry["MessageSystemAttributes"] for entry in entries if entry.get("MessageSystemAttributes")
    }
    for sent in (answer.get("Successful") or []) if system else []:
        if sent["Id"] in system:
            sent["MD5OfMessageSystemAttributes"] = create_message_attribute_hash(system[sent["Id"]])
    return answer


def _delete_queue(stock: Any, provider: Any, context: Any, queue_url: str, **more: Any) -> Any:
    if "/" not in queue_url:
        queue_url = provider._resolve_queue(context, queue_url=queue_url).url(context)
    return stock(provider, context, queue_url, **more)


_ids_of_groups: WeakKeyDictionary[models.FifoQueue, dict[str, dict[str, models.SqsMessage]]] = WeakKeyDictionary()
"""The ids for deduplication of each message group, of queues that deduplicate in each group by itself."""


def _put_in_scope(stock: Any, queue: models.FifoQueue, message: Any, *given: Any, **more: Any) -> Any:
    if queue.deduplication_scope != "messageGroup":
        return stock(queue, message, *given, **more)
    with queue.mutex:
        of_queue = queue.deduplication
        queue.deduplication = _ids_of_groups.setdefault(queue, {}).setdefault(str(more.get("message_group_id")), {})
        try:
            return stock(queue, message, *given, **more)
        finally:
            queue.deduplication = of_queue


def _clear(stock: Any, queue: models.FifoQueue) -> None:
    _ids_of_groups.pop(queue, None)
    stock(queue)
