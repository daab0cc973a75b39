"""IAM: roles, their inline policies, and managed policies."""

from __future__ import annotations

import json
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


def _make_role(clients: Clients, attributes: Attributes, _inputs: FunctionInputs) -> References:
    role = clients.iam.create_role(
        RoleName=attributes["name"],
        Description=attributes.get("description", ""),
        AssumeRolePolicyDocument=json.dumps(attributes["assume_role_policy"]),
        Tags=tag_list(attributes),
    )["Role"]
    return {"id": role["RoleName"], "arn": role["Arn"]}


def _remove_role(clients: Clients, made: References) -> None:
    clients.iam.delete_role(RoleName=made["id"])


def _make_role_policy(clients: Clients, attributes: Attributes, _inputs: FunctionInputs) -> References:
    role, name = attributes["role"], attributes["name"]
    clients.iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(attributes["policy"]))
    return {"id": f"{role}:{name}", "role": role, "name": name}


def _remove_role_policy(clients: Clients, made: References) -> None:
    clients.iam.delete_role_policy(RoleName=made["role"], PolicyName=made["name"])


def _make_policy(clients: Clients, attributes: Attributes, _inputs: FunctionInputs) -> References:
    policy = clients.iam.create_policy(
        PolicyName=attributes["name"],
        Description=attributes.get("description", ""),
        PolicyDocument=json.dumps(attributes["policy"]),
        Tags=tag_list(attributes),
    )["Policy"]
    return {"id": policy["Arn"], "arn": policy["Arn"]}


def _remove_policy(clients: Clients, made: References) -> None:
    clients.iam.delete_policy(PolicyArn=made["arn"])


def _roles(clients: Clients, prefix: str) -> Iterator[References]:
    for page in clients.iam.get_paginator("list_roles").paginate():
        yield from ({"id": each["RoleName"]} for each in page["Roles"] if each["RoleName"].startswith(prefix))


def _role_policies(clients: Clients, prefix: str) -> Iterator[References]:
    for role in _roles(clients, prefix):
        for name in clients.iam.list_role_policies(RoleName=role["id"])["PolicyNames"]:
            yield {"role": role["id"], "name": name}


def _policies(clients: Clients, prefix: str) -> Iterator[References]:
    for page in clients.iam.get_paginator("list_policies").paginate(Scope="Local"):
        yield from ({"arn": each["Arn"]} for each in page["Policies"] if each["PolicyName"].startswith(prefix))


RESOURCE_TYPES: Mapping[str, ResourceType] = {
    "aws_iam_role": resource_type("name description assume_role_policy tags", _make_role, _remove_role, find=_roles),
    "aws_iam_role_policy": resource_type(
        "name role policy", _make_role_policy, _remove_role_policy, find=_role_policies
    ),
    "aws_iam_policy": resource_type("name description policy tags", _make_policy, _remove_policy, find=_policies),
}
