"""CodeDeploy: the operations that a blue/green service needs after its creation."""

import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sim.cloud.rollout import shift_traffic
from tests.integration.cloud.conftest import Client

ALARMS = {"enabled": True, "ignorePollAlarmFailure": False, "alarms": [{"name": "api-5xx"}]}
ROLE = "arn:aws:iam::000000000000:role/deploys"


@pytest.fixture
def group(client: Client) -> dict[str, str]:
    """A deployment group with alarms in its own application."""
    application, group = f"app-{uuid.uuid4().hex[:8]}", "blue-green"
    deploys = client("codedeploy")
    deploys.create_application(applicationName=application, computePlatform="ECS")
    deploys.create_deployment_group(
        applicationName=application, deploymentGroupName=group, serviceRoleArn=ROLE, alarmConfiguration=ALARMS
    )
    return {"applicationName": application, "deploymentGroupName": group}


def described(client: Client, group: dict[str, str]) -> dict[str, Any]:
    return dict(client("codedeploy").get_deployment_group(**group)["deploymentGroupInfo"])


def test_a_group_has_its_alarms_and_no_setting_that_was_not_given(client: Client, group: dict[str, str]) -> None:
    assert described(client, group)["alarmConfiguration"] == ALARMS
    assert "targetRevision" not in described(client, group)


def test_a_group_can_be_changed_and_renamed(client: Client, group: dict[str, str]) -> None:
    rollback = {"enabled": True, "events": ["DEPLOYMENT_STOP_ON_ALARM"]}
    client("codedeploy").update_deployment_group(
        applicationName=group["applicationName"],
        currentDeploymentGroupName=group["deploymentGroupName"],
        newDeploymentGroupName="other",
        autoRollbackConfiguration=rollback,
    )
    changed = described(client, {**group, "deploymentGroupName": "other"})
    assert (changed["autoRollbackConfiguration"], changed["alarmConfiguration"]) == (rollback, ALARMS)


def test_group_and_application_can_be_deleted(client: Client, group: dict[str, str]) -> None:
    client("codedeploy").delete_deployment_group(**group)
    with pytest.raises(ClientError, match="DeploymentGroupDoesNotExistException"):
        described(client, group)
    client("codedeploy").delete_application(applicationName=group["applicationName"])
    with pytest.raises(ClientError, match="ApplicationDoesNotExistException"):
        client("codedeploy").get_application(applicationName=group["applicationName"])


def test_a_renamed_application_keeps_its_groups(client: Client, group: dict[str, str]) -> None:
    new = f"new-{group['applicationName']}"
    client("codedeploy").update_application(applicationName=group["applicationName"], newApplicationName=new)
    assert described(client, {**group, "applicationName": new})["applicationName"] == new


def test_a_custom_configuration_cannot_be_deleted_while_it_is_used(client: Client, group: dict[str, str]) -> None:
    deploys, name = client("codedeploy"), f"canary-{uuid.uuid4().hex[:8]}"
    canary = {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 10, "canaryInterval": 5}}
    deploys.create_deployment_config(deploymentConfigName=name, computePlatform="ECS", trafficRoutingConfig=canary)
    assert (
        deploys.get_deployment_config(deploymentConfigName=name)["deploymentConfigInfo"]["trafficRoutingConfig"]
        == canary
    )
    deploys.update_deployment_group(
        applicationName=group["applicationName"],
        currentDeploymentGroupName=group["deploymentGroupName"],
        deploymentConfigName=name,
    )
    with pytest.raises(ClientError, match="DeploymentConfigInUseException"):
        deploys.delete_deployment_config(deploymentConfigName=name)
    deploys.delete_deployment_group(**group)
    deploys.delete_deployment_config(deploymentConfigName=name)
    with pytest.raises(ClientError, match="DeploymentConfigDoesNotExistException"):
        deploys.get_deployment_config(deploymentConfigName=name)


def test_a_deployment_has_succeeded_at_the_first_look_and_cannot_be_stopped_afterwards(
    client: Client, group: dict[str, str]
) -> None:
    deploys = client("codedeploy")
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": "{}"}}
    made = deploys.create_deployment(**group, revision=revision)["deploymentId"]
    assert deploys.get_deployment(deploymentId=made)["deploymentInfo"]["status"] == "Succeeded"
    with pytest.raises(ClientError, match="DeploymentAlreadyCompletedException"):
        deploys.stop_deployment(deploymentId=made)


def test_a_deployment_can_be_stopped_before_the_first_look(client: Client, group: dict[str, str]) -> None:
    deploys = client("codedeploy")
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": "{}"}}
    made = deploys.create_deployment(**group, revision=revision)["deploymentId"]
    deploys.stop_deployment(deploymentId=made)
    assert deploys.get_deployment(deploymentId=made)["deploymentInfo"]["status"] == "Stopped"


def test_a_deployment_updates_the_service_and_switches_traffic_to_the_other_target_group(
    client: Client, subnets: list[str]
) -> None:
    ecs, balancers, deploys, name = client("ecs"), client("elbv2"), client("codedeploy"), f"bg-{uuid.uuid4().hex[:8]}"
    vpc = client("ec2").describe_subnets(SubnetIds=subnets)["Subnets"][0]["VpcId"]
    balancer = balancers.create_load_balancer(Name=name, Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]

    def target_group(colour: str) -> str:
        made = balancers.create_target_group(Name=f"{name}-{colour}", Protocol="HTTP", Port=8080, VpcId=vpc)
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    blue, green = target_group("blue"), target_group("green")
    listener = balancers.create_listener(
        LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[{"Type": "forward", "TargetGroupArn": blue}]
    )["Listeners"][0]["ListenerArn"]

    def definition(image: str) -> str:
        container = {"name": "api", "image": image, "memory": 512}
        made = ecs.register_task_definition(family=name, containerDefinitions=[container])
        return str(made["taskDefinition"]["taskDefinitionArn"])

    ecs.create_cluster(clusterName=name)
    ecs.create_service(cluster=name, serviceName="api", taskDefinition=definition("api:1"), desiredCount=1)
    deploys.create_application(applicationName=name, computePlatform="ECS")
    deploys.create_deployment_group(
        applicationName=name,
        deploymentGroupName=name,
        serviceRoleArn=ROLE,
        ecsServices=[{"clusterName": name, "serviceName": "api"}],
        loadBalancerInfo={
            "targetGroupPairInfoList": [
                {
                    "targetGroups": [{"name": f"{name}-blue"}, {"name": f"{name}-green"}],
                    "prodTrafficRoute": {"listenerArns": [listener]},
                }
            ]
        },
    )

    cloud: Any = SimpleNamespace(client=lambda service, _: client(service))
    api = {"kind": "ecs", "cluster": name, "service": "api", "container_name": "api", "container_port": 8080}
    api |= {"codedeploy_application": name, "codedeploy_group": name}

    def deploy(new: str) -> None:
        shift_traffic(cloud, {}, api | {"task_definition_arn": new})

    def where() -> tuple[str, str]:
        [service] = ecs.describe_services(cluster=name, services=["api"])["services"]
        [listening] = balancers.describe_listeners(ListenerArns=[listener])["Listeners"]
        return service["taskDefinition"], listening["DefaultActions"][0]["TargetGroupArn"]

    second, third = definition("api:2"), definition("api:3")
    deploy(second)
    assert where() == (second, green)
    deploy(third)
    assert where() == (third, blue)
    made = deploys.list_deployments(applicationName=name, deploymentGroupName=name)["deployments"]
    deploy(third)  # it runs already
    assert deploys.list_deployments(applicationName=name, deploymentGroupName=name)["deployments"] == made
