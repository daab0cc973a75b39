"""The one registry of the resource types that provisioning supports, by Terraform type."""

from __future__ import annotations

from collections.abc import Mapping

from sim.provisioning.resources import cloudwatch, events, iam, lambda_, logs, s3, secretsmanager, sns, sqs
from sim.provisioning.resources.resource_type import ResourceType

__all__ = ["RESOURCE_TYPES"]

_SERVICES = (s3, sqs, iam, secretsmanager, logs, lambda_, events, sns, cloudwatch)

RESOURCE_TYPES: Mapping[str, ResourceType] = {
    name: each for service in _SERVICES for name, each in service.RESOURCE_TYPES.items()
}
