"""The effects of a blue/green deployment: the service's new task definition, traffic on the other target group.

https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-steps-ecs.html
"""
# mypy: disable-error-code="import-not-found"
# moto is installed in a separate environment

from collections.abc import Iterator
from typing import Any

import yaml  # type: ignore[import-untyped]
from moto.ecs.models import ecs_backends
from moto.elbv2.models import elbv2_backends


def deploy(account: str, region: str, group: Any, revision: dict[str, Any]) -> None:
    """Apply the effects that a deployment of that revision to the group has."""
    for definition in _task_definitions(revision):
        for each in group.ecs_services:
            ecs_backends[account][region].update_service(
                {"cluster": each["clusterName"], "service": each["serviceName"], "task_definition": definition}
            )
    balancers = elbv2_backends[account][region]
    for pair in group.load_balancer_info.get("targetGroupPairInfoList", ()):
        names = {each["name"] for each in pair["targetGroups"]}
        both = [each.arn for each in balancers.target_groups.values() if each.name in names]
        for listener in pair.get("prodTrafficRoute", {}).get("listenerArns", ()):
            _switch_traffic(balancers, listener, both)


def _switch_traffic(balancers: Any, arn: str, both: list[str]) -> None:
    [listener] = balancers.describe_listeners(load_balancer_arn=None, listener_arns=[arn])
    now = str([action.data for action in listener.default_actions])
    other = next(each for each in both if each not in now)
    balancers.modify_listener(arn, actions=[{"Type": "forward", "TargetGroupArn": other}])


def _task_definitions(revision: dict[str, Any]) -> Iterator[str]:
    """From the application specification, YAML or JSON."""
    content = (revision.get("appSpecContent") or revision.get("string") or {}).get("content", "{}")
    for resource in (yaml.safe_load(content) or {}).get("Resources", ()):
        for target in resource.values():
            yield target["Properties"]["TaskDefinition"]
