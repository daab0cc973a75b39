"""What moto and the server with IAM know of the resources that a call names."""
# mypy: disable-error-code="import-not-found"
# moto is installed in a separate environment

from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.codedeploy.models import codedeploy_backends
from moto.ec2.models import ec2_backends

from .need import Known


def known(account: str, region: str, identity_url: str) -> Known:
    networks, deployments = ec2_backends[account][region], codedeploy_backends[account][region]

    def parts_of(identifier: str) -> tuple[str, ...]:
        return tuple(_parts(networks, identifier))

    def group_of(identifier: str) -> tuple[str, str] | None:
        found = deployments.deployments.get(identifier)
        return None if found is None else (found.application_name, found.deployment_group_name)

    return Known(
        tags_of=lambda identifier: dict(networks.tags.get(identifier) or {}),
        parts_of=parts_of,
        role_of_profile=lambda name: _role(identity_url, name),
        group_of_deployment=group_of,
    )


def _parts(networks: Any, identifier: str) -> Iterator[str]:
    """What an association joins, what has an attachment, which interfaces an instance has."""
    if not identifier:
        return
    for table in list(networks.route_tables.values()):
        if identifier in table.all_associations_ids:
            yield table.id
            if subnet := table._associations.get(identifier):
                yield subnet
    for address in list(networks.addresses):
        if address.association_id == identifier:
            yield address.allocation_id
            if address.eni:
                yield address.eni.id
    for subnet in _subnets(networks):
        if identifier in subnet.ipv6_cidr_block_associations:
            yield subnet.id
    for network in list(networks.vpcs.values()):
        if identifier in network._cidr_block_association_set:
            yield network.id
    for interface in list(networks.enis.values()):
        if identifier in (interface.attachment_id, getattr(interface.instance, "id", None)):
            yield interface.id


def _subnets(networks: Any) -> list[Any]:
    return [subnet for zone in list(networks.subnets.values()) for subnet in list(zone.values())]


def _role(identity_url: str, profile: str) -> str | None:
    config = Config(retries={"total_max_attempts": 2}, connect_timeout=5, read_timeout=60, proxies={})
    identities = boto3.client("iam", endpoint_url=identity_url, config=config)
    try:
        roles = identities.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"]
    except ClientError:
        return None  # EC2 says that there is no such profile
    return str(roles[0]["Arn"]) if roles else None
