"""CodeDeploy: changes and deletions, alarms of a deployment group, deployment configurations of one's own.

A deployment succeeds as soon as somebody looks, and leaves behind what a blue/green one does: there is nothing here
that could take long.
https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_Operations.html
"""
# mypy: disable-error-code="import-not-found"
# moto lives in an environment of its own

from typing import Any
from uuid import uuid4

from moto.codedeploy import responses as stock
from moto.codedeploy.models import DeploymentGroup
from moto.codedeploy.responses import CodeDeployResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from .blue_green import shift
from .patching import graft, refusal, shelf

CHANGEABLE = {
    "deploymentConfigName": "deployment_config_name",
    "ec2TagFilters": "ec2_tag_filters",
    "onPremisesInstanceTagFilters": "on_premises_instance_tag_filters",
    "autoScalingGroups": "auto_scaling_groups",
    "serviceRoleArn": "service_role_arn",
    "triggerConfigurations": "trigger_configurations",
    "alarmConfiguration": "alarm_configuration",
    "autoRollbackConfiguration": "auto_rollback_configuration",
    "outdatedInstancesStrategy": "outdated_instances_strategy",
    "deploymentStyle": "deployment_style",
    "blueGreenDeploymentConfiguration": "blue_green_deployment_configuration",
    "loadBalancerInfo": "load_balancer_info",
    "ec2TagSet": "ec2_tag_set",
    "ecsServices": "ecs_services",
    "onPremisesTagSet": "on_premises_tag_set",
    "terminationHookEnabled": "termination_hook_enabled",
}
"""What UpdateDeploymentGroup may change, and what moto calls it."""

BUILT_IN = "CodeDeployDefault."


def install() -> None:
    graft("codedeploy", MoreOfCodeDeploy)
    told = stock._deployment_group_info

    def with_alarms(group: DeploymentGroup) -> dict[str, Any]:
        alarms = group.alarm_configuration or {"enabled": False, "alarms": []}
        # Empty structures that moto says for what it does not know read as settings that nobody made.
        known: dict[str, Any] = {name: value for name, value in told(group).items() if value != {}}
        return {**known, "alarmConfiguration": alarms}

    stock._deployment_group_info = with_alarms


class MoreOfCodeDeploy(CodeDeployResponse):  # type: ignore[misc]
    """What moto lacks of CodeDeploy."""

    def update_application(self) -> ActionResult:
        backend = self.codedeploy_backend
        old, new = self._get_param("applicationName"), self._get_param("newApplicationName")
        application = backend.get_application(old)
        application.application_name = new
        backend.applications[new] = backend.applications.pop(old)
        backend.deployment_groups[new] = backend.deployment_groups.pop(old, {})
        return ActionResult({})

    def delete_application(self) -> ActionResult:
        backend, name = self.codedeploy_backend, self._get_param("applicationName")
        backend.applications.pop(name, None)  # AWS does not mind one that is gone
        backend.deployment_groups.pop(name, None)
        return ActionResult({})

    def update_deployment_group(self) -> ActionResult:
        group = self._group(self._get_param("currentDeploymentGroupName"))
        for name, attribute in CHANGEABLE.items():
            given = self._get_param(name)
            if given is not None:
                setattr(group, attribute, given)
        renamed = self._get_param("newDeploymentGroupName")
        if renamed:
            groups = self.codedeploy_backend.deployment_groups[self._get_param("applicationName")]
            groups[renamed] = groups.pop(group.deployment_group_name)
            group.deployment_group_name = renamed
        return ActionResult({"hooksNotCleanedUp": []})

    def delete_deployment_group(self) -> ActionResult:
        groups = self.codedeploy_backend.deployment_groups.get(self._get_param("applicationName"), {})
        groups.pop(self._get_param("deploymentGroupName"), None)
        return ActionResult({"hooksNotCleanedUp": []})

    def create_deployment_config(self) -> ActionResult:
        name, kept = self._get_param("deploymentConfigName"), self._configs()
        if name in kept or name.startswith(BUILT_IN):
            raise refusal("DeploymentConfigAlreadyExistsException", f"Deployment config {name} already exists.")
        asked = ("minimumHealthyHosts", "trafficRoutingConfig", "computePlatform", "zonalConfig")
        kept[name] = {
            "deploymentConfigId": str(uuid4()),
            "deploymentConfigName": name,
            "createTime": utcnow(),
            **{each: given for each in asked if (given := self._get_param(each)) is not None},
        }
        return ActionResult({"deploymentConfigId": kept[name]["deploymentConfigId"]})

    def get_deployment_config(self) -> ActionResult:
        name = self._get_param("deploymentConfigName")
        if name.startswith(BUILT_IN):
            return ActionResult({"deploymentConfigInfo": {"deploymentConfigName": name}})
        if name not in self._configs():
            raise refusal("DeploymentConfigDoesNotExistException", f"Deployment config {name} does not exist.")
        return ActionResult({"deploymentConfigInfo": self._configs()[name]})

    def delete_deployment_config(self) -> ActionResult:
        name = self._get_param("deploymentConfigName")
        used = [
            group.deployment_group_name
            for groups in self.codedeploy_backend.deployment_groups.values()
            for group in groups.values()
            if group.deployment_config_name == name
        ]
        if used:
            raise refusal("DeploymentConfigInUseException", f"Deployment config {name} is used by {', '.join(used)}.")
        self._configs().pop(name, None)
        return ActionResult({})

    def get_deployment(self) -> ActionResult:
        deployment = self.codedeploy_backend.get_deployment(self._get_param("deploymentId"))
        if deployment.status == "Created":
            deployment.status = "Succeeded"
            deployment.start_time = deployment.complete_time = utcnow()
            shift(self.current_account, self.region, deployment.deployment_group, deployment.revision)
        told: ActionResult = super().get_deployment()
        return told

    def stop_deployment(self) -> ActionResult:
        deployment = self.codedeploy_backend.get_deployment(self._get_param("deploymentId"))
        if deployment.status == "Succeeded":
            raise refusal("DeploymentAlreadyCompletedException", "The deployment has already completed.")
        deployment.status = "Stopped"
        return ActionResult({"status": "Succeeded", "statusMessage": "No more deployment actions will be taken."})

    def _group(self, name: str) -> DeploymentGroup:
        return self.codedeploy_backend.get_deployment_group(self._get_param("applicationName"), name)

    def _configs(self) -> dict[str, dict[str, Any]]:
        return shelf(self.codedeploy_backend, "deployment_configs")
