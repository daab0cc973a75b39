"""Blue/green deployments of the ECS service by CodeDeploy."""

from __future__ import annotations

import json
import time
from typing import Any

from terraform.deploy.aws_cli import AwsError
from terraform.deploy.console import EXIT_INTERRUPTED, Failure, report
from terraform.deploy.deployment import Deployment

__all__ = ["rollout"]


def rollout(deployment: Deployment) -> None:
    """Deploy the newest task definition, and wait for the end of the deployment. Raises Failure."""
    api = deployment.terraform.output("api") or {}
    if api.get("kind") != "ecs":
        report(f"no rollout is needed: with {api.get('kind') or 'no API'} the apply has deployed the new version")
        return
    if _running_task_definition(deployment, api) == api["task_definition_arn"]:
        report(f"{api['service']} already runs {api['task_definition_arn']}")
        return
    _wait(deployment, _start(deployment, api))


def _running_task_definition(deployment: Deployment, api: dict[str, Any]) -> str:
    query = "services[0].taskSets[?status=='PRIMARY'].taskDefinition | [0]"
    service = ("--cluster", api["cluster"], "--services", api["service"])
    try:
        return deployment.aws.run("ecs", "describe-services", *service, "--output", "text", "--query", query)
    except AwsError as error:
        raise Failure(f"the running version of {api['service']} cannot be read: {error}") from error


def _start(deployment: Deployment, api: dict[str, Any]) -> str:
    """Start a deployment. Returns its id."""
    container = {"ContainerName": api["container_name"], "ContainerPort": int(api["container_port"])}
    properties = {"TaskDefinition": api["task_definition_arn"], "LoadBalancerInfo": container}
    service = {"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}
    content = json.dumps({"version": "0.0", "Resources": [service]})
    revision = json.dumps({"revisionType": "AppSpecContent", "appSpecContent": {"content": content}})
    group = ("--application-name", api["codedeploy_application"], "--deployment-group-name", api["codedeploy_group"])
    query = ("--query", "deploymentId", "--output", "text")
    try:
        return deployment.aws.run("deploy", "create-deployment", *group, "--revision", revision, *query)
    except AwsError as error:
        raise Failure(
            f"CodeDeploy did not start: {error}", "While another deployment runs, CodeDeploy refuses a new one"
        ) from error


def _wait(deployment: Deployment, deployment_id: str) -> None:
    limit_seconds = deployment.limits.rollout_seconds
    stop = ("deploy", "stop-deployment", "--auto-rollback-enabled", "--deployment-id", deployment_id)
    report(f"CodeDeploy has started the deployment {deployment_id}")
    began, status = time.monotonic(), ""
    while time.monotonic() - began < limit_seconds:
        status = _info(deployment, deployment_id, "status")
        if status == "Succeeded":
            report(f"the new version receives the traffic after {time.monotonic() - began:.0f} s")
            return
        if status in ("Failed", "Stopped"):
            reason = _info(deployment, deployment_id, "errorInformation.message")
            raise Failure(f"the rollout ended as {status}, the traffic stays with the previous version: {reason}")
        if deployment.interruption.requested:
            raise Failure(
                f"interrupted. The rollout continues on AWS; to stop it: aws {' '.join(stop)}",
                exit_code=EXIT_INTERRUPTED,
            )
        deployment.interruption.pause(deployment.limits.look_every_seconds)
    try:
        deployment.aws.run(*stop)
    except AwsError as error:
        report(f"the rollout could not be stopped: {error}")
    raise Failure(
        f"the rollout was not complete after {limit_seconds} s (last status: {status or 'unknown'});"
        " CodeDeploy rolls it back"
    )


def _info(deployment: Deployment, deployment_id: str, name: str) -> str:
    """One field of the deployment; empty when the call fails, because the next look may succeed."""
    query = ("--query", f"deploymentInfo.{name}", "--output", "text")
    try:
        return deployment.aws.run("deploy", "get-deployment", "--deployment-id", deployment_id, *query)
    except AwsError as error:
        report(f"the deployment {deployment_id} cannot be read: {error}")
        return ""
