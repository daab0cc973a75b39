"""ECS: settings of a service that moto drops when it is made; clusters that are gone are listed no more.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html
"""
# mypy: disable-error-code="import-not-found"
# moto lives in an environment of its own

from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.responses import EC2ContainerServiceResponse

from .patching import graft

DROPPED: dict[str, tuple[str, Any]] = {
    "availabilityZoneRebalancing": ("availability_zone_rebalancing", "DISABLED"),
    "capacityProviderStrategy": ("capacity_provider_strategy", None),
    "deploymentConfiguration": ("deployment_configuration", None),
    "enableECSManagedTags": ("enable_ecs_managed_tags", False),
    "enableExecuteCommand": ("enable_execute_command", False),
    "healthCheckGracePeriodSeconds": ("health_check_grace_period_seconds", None),
}
"""As callers say it; as moto would keep it, and what AWS takes when nobody says."""


def install() -> None:
    graft("ecs", MoreOfECS)


class MoreOfECS(EC2ContainerServiceResponse):  # type: ignore[misc]
    """What moto lacks of ECS."""

    def create_service(self) -> ActionResult:
        created: ActionResult = super().create_service()
        service = self.ecs_backend.services[self._key()]
        for said, (kept, otherwise) in DROPPED.items():
            given = self._get_param(said)
            setattr(service, kept, otherwise if given is None else given)
        return created

    def list_clusters(self) -> ActionResult:
        clusters = self.ecs_backend.clusters.values()
        return ActionResult({"clusterArns": [each.arn for each in clusters if each.status != "INACTIVE"]})

    def _key(self) -> str:
        cluster = self._get_param("cluster", "default").split("/")[-1]
        return f"{cluster}:{self._get_param('serviceName')}"
