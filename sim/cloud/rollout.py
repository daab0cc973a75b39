"""What deploy.sh does beside Terraform, with the keys of the deploy role: it keeps images, and shifts traffic.

The same calls as `terraform/deploy/images.py` and `code_deploy.py` make by the AWS CLI, which needs not be here.
"""

import json
import time
from collections.abc import Mapping
from typing import Any

from sim.cloud.servers import Cloud

_LIMIT_SECONDS = 60.0
_POLL_SECONDS = 0.2


class RolloutFailed(Exception):
    """CodeDeploy did not shift the traffic; the text says what it reports."""


def keep_deployed(cloud: Cloud, keys: Mapping[str, str], repository: str, tag: str) -> None:
    """Tag the running image, so that its repository keeps it."""
    images = cloud.client("ecr", keys)
    (found,) = images.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": tag}])["images"]
    try:
        images.put_image(repositoryName=repository, imageTag=f"deployed-{tag}", imageManifest=found["imageManifest"])
    except images.exceptions.ImageAlreadyExistsException:
        return  # a rollback, to an image that was deployed before


def shift_traffic(cloud: Cloud, keys: Mapping[str, str], api: Mapping[str, Any]) -> None:
    """Deploy the newest task definition of an ECS service; other topologies need no rollout. Raises RolloutFailed."""
    if api.get("kind") != "ecs":
        return
    services = cloud.client("ecs", keys).describe_services(cluster=api["cluster"], services=[api["service"]])[
        "services"
    ]
    running = (
        services[0]["taskSets"][0]["taskDefinition"] if services[0].get("taskSets") else services[0]["taskDefinition"]
    )
    if running == api["task_definition_arn"]:
        return
    deployments = cloud.client("codedeploy", keys)
    deployments.stop_deployment(deploymentId=_started(deployments, api))  # as deploy.sh stops one that is late
    started = _started(deployments, api)
    ends_at, status = time.monotonic() + _LIMIT_SECONDS, ""
    while status != "Succeeded":
        status = deployments.get_deployment(deploymentId=started)["deploymentInfo"]["status"]
        if status in ("Failed", "Stopped") or time.monotonic() > ends_at:
            raise RolloutFailed(f"the deployment {started} is {status}")
        time.sleep(_POLL_SECONDS if status != "Succeeded" else 0)


def _started(deployments: Any, api: Mapping[str, Any]) -> str:
    started = deployments.create_deployment(
        applicationName=api["codedeploy_application"],
        deploymentGroupName=api["codedeploy_group"],
        revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": _content(api)}},
    )
    return str(started["deploymentId"])


def _content(api: Mapping[str, Any]) -> str:
    container = {"ContainerName": api["container_name"], "ContainerPort": int(api["container_port"])}
    properties = {"TaskDefinition": api["task_definition_arn"], "LoadBalancerInfo": container}
    service = {"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}
    return json.dumps({"version": "0.0", "Resources": [service]})
