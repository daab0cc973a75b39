"""SQS: the queue of the jobs and its dead-letter queue."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from sim.provisioning.clients import Clients
from sim.provisioning.resources.resource_type import Attributes, FunctionInputs, References, ResourceType, resource_type

__all__ = ["RESOURCE_TYPES"]


_QUEUE_ATTRIBUTES = {
    "message_retention_seconds": "MessageRetentionPeriod",
    "visibility_timeout_seconds": "VisibilityTimeout",
    "max_message_size": "MaximumMessageSize",
    "sqs_managed_sse_enabled": "SqsManagedSseEnabled",
    "redrive_policy": "RedrivePolicy",
    "redrive_allow_policy": "RedriveAllowPolicy",
}


def _make_queue(clients: Clients, attributes: Attributes, _inputs: FunctionInputs) -> References:
    settings = {
        aws_name: value if isinstance(value, str) else json.dumps(value)
        for terraform_name, aws_name in _QUEUE_ATTRIBUTES.items()
        if (value := attributes.get(terraform_name)) is not None
    }
    made = clients.sqs.create_queue(
        QueueName=attributes["name"], Attributes=settings, tags=dict(attributes.get("tags", {}))
    )
    url = made["QueueUrl"]
    return {"id": url, "url": url, "arn": f"arn:aws:sqs:{clients.region}:{clients.account}:{attributes['name']}"}


def _remove_queue(clients: Clients, made: References) -> None:
    clients.sqs.delete_queue(QueueUrl=made["url"])


def _queues(clients: Clients, prefix: str) -> Iterator[References]:
    for url in clients.sqs.list_queues(QueueNamePrefix=prefix, MaxResults=1000).get("QueueUrls", ()):
        yield {"url": url}


RESOURCE_TYPES: Mapping[str, ResourceType] = {
    "aws_sqs_queue": resource_type(
        f"name tags {' '.join(_QUEUE_ATTRIBUTES)}", _make_queue, _remove_queue, find=_queues, is_active=True
    ),
}
