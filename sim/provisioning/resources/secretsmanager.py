"""Secrets Manager: secrets without a value."""

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


def _make_secret(clients: Clients, attributes: Attributes, _inputs: FunctionInputs) -> References:
    secret = clients.secretsmanager.create_secret(
        Name=attributes["name"], Description=attributes.get("description", ""), Tags=tag_list(attributes)
    )
    return {"id": secret["ARN"], "arn": secret["ARN"]}


def _remove_secret(clients: Clients, made: References) -> None:
    clients.secretsmanager.delete_secret(SecretId=made["arn"], ForceDeleteWithoutRecovery=True)


def _secrets(clients: Clients, prefix: str) -> Iterator[References]:
    for page in clients.secretsmanager.get_paginator("list_secrets").paginate():
        yield from ({"arn": each["ARN"]} for each in page["SecretList"] if each["Name"].startswith(prefix))


RESOURCE_TYPES: Mapping[str, ResourceType] = {
    "aws_secretsmanager_secret": resource_type("name description tags", _make_secret, _remove_secret, find=_secrets),
}
