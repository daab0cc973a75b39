"""CodeDeploy: changes and deletions, alarms of a deployment group, custom deployment configurations.

A deployment succeeds at the first GetDeployment, with the effects of a blue/green deployment: nothing here takes time.
https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_Operations.html
"""
# mypy: disable-error-code="import-not-found"
# moto is installed in a separate environment

from typing import Any
from uuid import uuid4

from moto.codedeploy import responses as stock
from moto.codedeploy.models import DeploymentGroup
from moto.codedeploy.responses import CodeDeployResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from .blue_green import deploy
from .patching import api_error, patch_responses, storage

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
"""What UpdateDeploymentGroup may change, with moto's attribute names."""

BUILT_IN = "CodeDeployDefault."


def install() -> None:
    patch_responses("codedeploy", CodeDeployAdditions)
    stock_info = stock._deployment_group_info

    def with_alarms(group: DeploymentGroup) -> dict[str, Any]:
        alarms = group.alarm_configuration or {"enabled": False, "alarms": []}
        # moto returns empty structures for unknown settings; Terraform would take them for settings.
        known: dict[str, Any] = {name: value for name, value in stock_info(group).items() if value != {}}
        return {**known, "alarmConfiguration": alarms}

    stock._deployment_group_info = with_alarms


class CodeDeployAdditions(CodeDeployResponse):  # type: ignore[misc]
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
        backend.applications.pop(name, None)  # AWS accepts a name that does not exist
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
        name, configs = self._get_param("deploymentConfigName"), self._configs()
        if name in configs or name.startswith(BUILT_IN):
            raise api_error("DeploymentConfigAlreadyExistsException", f"Deployment config {name} already exists.")
        names = ("minimumHealthyHosts", "trafficRoutingConfig", "computePlatform", "zonalConfig")
        configs[name] = {
            "deploymentConfigId": str(uuid4()),
            "deploymentConfigName": name,
            "createTime": utcnow(),
            **{each: given for each in names if (given := self._get_param(each)) is not None},
        }
        return ActionResult({"deploymentConfigId": configs[name]["deploymentConfigId"]})

    def get_deployment_config(self) -> ActionResult:
        name = self._get_param("deploymentConfigName")
        if name.startswith(BUILT_IN):
            return ActionResult({"deploymentConfigInfo": {"deploymentConfigName": name}})
        if name not in self._configs():
            raise api_error("DeploymentConfigDoesNotExistException", f"Deployment config {name} does not exist.")
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
            raise api_error("DeploymentConfigInUseException", f"Deployment config {name} is used by {', '.join(used)}.")
        self._configs().pop(name, None)
        return ActionResult({})

    def get_deployment(self) -> ActionResult:
        deployment = self.codedeploy_backend.get_deployment(self._get_param("deploymentId"))
        if deployment.status == "Created":
            deployment.status = "Succeeded"
            deployment.start_time = deployment.complete_time = utcnow()
            deploy(self.current_account, self.region, deployment.deployment_group, deployment.revision)
        result: ActionResult = super().get_deployment()
        return result

    def stop_deployment(self) -> ActionResult:
        deployment = self.codedeploy_backend.get_deployment(self._get_param("deploymentId"))
        if deployment.status == "Succeeded":
            raise api_error("DeploymentAlreadyCompletedException", "The deployment has already completed.")
        deployment.status = "Stopped"
        return ActionResult({"status": "Succeeded", "statusMessage": "No more deployment actions will be taken."})

    def _group(self, name: str) -> DeploymentGroup:
        return self.codedeploy_backend.get_deployment_group(self._get_param("applicationName"), name)

    def _configs(self) -> dict[str, dict[str, Any]]:
        return storage(self.codedeploy_backend, "deployment_configs")
