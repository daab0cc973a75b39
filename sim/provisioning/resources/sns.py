"""SNS: the topic of the alarms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sim.provisioning.clients import Clients
from sim.provisioning.resources.resource_type import (
    Attributes,
    FunctionInputs,
    References,
    ResourceType,
    resource_type,
    tag_list,
)

__all__ = ["RESOURCE_TYPES"]


def _make_topic(clients: Clients, attributes: Attributes, _inputs: FunctionInputs) -> References:
    topic = clients.sns.create_topic(Name=attributes["name"], Tags=tag_list(attributes))
    return {"id": topic["TopicArn"], "arn": topic["TopicArn"]}


def _remove_topic(clients: Clients, made: References) -> None:
    clients.sns.delete_topic(TopicArn=made["arn"])


def _topics(clients: Clients, prefix: str) -> Iterator[References]:
    for page in clients.sns.get_paginator("list_topics").paginate():
        arns = (each["TopicArn"] for each in page["Topics"])
        yield from ({"arn": arn} for arn in arns if arn.rpartition(":")[2].startswith(prefix))


RESOURCE_TYPES: Mapping[str, ResourceType] = {
    "aws_sns_topic": resource_type("name tags", _make_topic, _remove_topic, find=_topics),
}
