"""CloudWatch Logs: the log groups of the functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sim.provisioning.clients import Clients
from sim.provisioning.resources.resource_type import Attributes, FunctionInputs, References, ResourceType, resource_type

__all__ = ["RESOURCE_TYPES"]


def _make_log_group(clients: Clients, attributes: Attributes, _inputs: FunctionInputs) -> References:
    name = attributes["name"]
    clients.logs.create_log_group(logGroupName=name, tags=dict(attributes.get("tags", {})))
    if days := attributes.get("retention_in_days"):
        clients.logs.put_retention_policy(logGroupName=name, retentionInDays=days)
    account = clients.account
    return {"id": name, "arn": f"arn:aws:logs:{clients.region}:{account}:log-group:{name}"}


def _remove_log_group(clients: Clients, made: References) -> None:
    clients.logs.delete_log_group(logGroupName=made["id"])


def _log_groups(clients: Clients, prefix: str) -> Iterator[References]:
    pages = clients.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=f"/aws/lambda/{prefix}")
    for page in pages:
        yield from ({"id": each["logGroupName"]} for each in page["logGroups"])


RESOURCE_TYPES: Mapping[str, ResourceType] = {
    "aws_cloudwatch_log_group": resource_type(
        "name retention_in_days tags", _make_log_group, _remove_log_group, find=_log_groups
    ),
}
