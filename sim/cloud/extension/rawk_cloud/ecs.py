"""ECS: settings of a service that moto ignores in CreateService; ListClusters omits deleted clusters.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html
"""
# mypy: disable-error-code="import-not-found"
# moto is installed in a separate environment

from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.responses import EC2ContainerServiceResponse

from .patching import patch_responses

DROPPED_BY_MOTO: dict[str, tuple[str, Any]] = {
    "availabilityZoneRebalancing": ("availability_zone_rebalancing", "DISABLED"),
    "capacityProviderStrategy": ("capacity_provider_strategy", None),
    "deploymentConfiguration": ("deployment_configuration", None),
    "enableECSManagedTags": ("enable_ecs_managed_tags", False),
    "enableExecuteCommand": ("enable_execute_command", False),
    "healthCheckGracePeriodSeconds": ("health_check_grace_period_seconds", None),
}
"""Parameter of CreateService -> attribute of moto's service, and AWS's default."""


def install() -> None:
    patch_responses("ecs", ECSAdditions)


class ECSAdditions(EC2ContainerServiceResponse):  # type: ignore[misc]
    """What moto lacks of ECS."""

    def create_service(self) -> ActionResult:
        created: ActionResult = super().create_service()
        service = self.ecs_backend.services[self._key()]
        for parameter, (attribute, default) in DROPPED_BY_MOTO.items():
            given = self._get_param(parameter)
            setattr(service, attribute, default if given is None else given)
        return created

    def list_clusters(self) -> ActionResult:
        clusters = self.ecs_backend.clusters.values()
        return ActionResult({"clusterArns": [each.arn for each in clusters if each.status != "INACTIVE"]})

    def _key(self) -> str:
        cluster = self._get_param("cluster", "default").split("/")[-1]
        return f"{cluster}:{self._get_param('serviceName')}"
