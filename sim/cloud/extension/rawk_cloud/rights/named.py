"""The permissions that calls of services whose resources have names need: databases, containers, load balancers.

From the Service Authorization Reference: https://docs.aws.amazon.com/service-authorization/latest/reference/. What AWS
asks of the caller beyond the action itself has its sources in tests/unit/cloud/on_behalf.py.
"""

import re
from typing import Any

from .need import Call, Need, Needs, looks, own_role, passed

# ---- RDS ----

_RDS_NAMES = {
    "DBClusterIdentifier": "cluster",
    "DBClusterParameterGroupName": "cluster-pg",
    "DBClusterSnapshotIdentifier": "cluster-snapshot",
    "DBInstanceIdentifier": "db",
    "DBParameterGroupName": "pg",
    "DBSnapshotIdentifier": "snapshot",
    "DBSubnetGroupName": "subgrp",
    "OptionGroupName": "og",
}
_RDS_LISTS = {
    "DBClusters": "cluster",
    "DBInstances": "db",
    "DBSubnetGroups": "subgrp",
    "GlobalClusters": "global-cluster",
}
_RDS_MADE = {"CreateDBCluster": "cluster", "CreateDBInstance": "db", "CreateDBSubnetGroup": "subgrp"}


def rds(call: Call) -> Needs:
    if resource := call.text("ResourceName"):
        yield call.need(resource)
        return
    named = [(kind, value) for name, kind in _RDS_NAMES.items() if (value := call.text(name))]
    if call.reads and not named:
        kind = _RDS_LISTS.get(call.operation.removeprefix("Describe"))
        yield call.need(call.arn(f"{kind}:*") if kind else "*")
    if snapshot := call.text("FinalDBSnapshotIdentifier", "FinalSnapshotIdentifier"):
        kind = "cluster-snapshot" if call.operation == "DeleteDBCluster" else "snapshot"
        named.append((kind, snapshot))
        yield call.need(call.arn(f"{kind}:{snapshot}"), f"Create{'DBCluster' if 'cluster' in kind else 'DB'}Snapshot")
    yield from (call.need(call.arn(f"{kind}:{name}")) for kind, name in [*named, *_default_groups(call)])
    if (made := _RDS_MADE.get(call.operation)) is not None:
        (name,) = [value for kind, value in named if kind == made]
        if call.parameters.get("Tags"):
            yield call.need(call.arn(f"{made}:{name}"), "AddTagsToResource")
        yield from own_role(call, "rds.amazonaws.com", "AWSServiceRoleForRDS")
        yield from looks("AvailabilityZones", "SecurityGroups", "Subnets", "VpcAttribute", "Vpcs")


def _default_groups(call: Call) -> list[tuple[str, str]]:
    """AWS's own groups, which a database without others uses."""
    engine, major = call.text("Engine"), call.text("EngineVersion").partition(".")[0]
    if call.operation not in ("CreateDBCluster", "CreateDBInstance") or not major:
        return []
    group = "cluster-pg" if call.operation == "CreateDBCluster" else "pg"
    return [(group, f"default.{engine}{major}"), ("og", f"default:{engine}-{major}")]


# ---- ECS ----


def ecs(call: Call) -> Needs:
    if arn := call.text("resourceArn"):
        yield call.need(arn)
        return
    cluster = call.text("cluster", "clusterName").rpartition("/")[2]
    if call.operation == "RegisterTaskDefinition":
        yield from _tagged(call, call.arn(f"task-definition/{call.text('family')}:*"))
        for role in ("taskRoleArn", "executionRoleArn"):
            yield from passed(call.text(role), "ecs-tasks.amazonaws.com")
    elif "Service" in call.operation:
        given = call.parameters.get("services") or [call.text("serviceName", "service")]
        for each in given:
            yield from _tagged(call, call.arn(f"service/{cluster}/{str(each).rpartition('/')[2]}"))
    elif "Cluster" in call.operation:
        for each in call.parameters.get("clusters") or [cluster]:
            yield from _tagged(call, call.arn(f"cluster/{str(each).rpartition('/')[2]}"))
    else:
        yield call.need()
    if call.operation in ("CreateCluster", "CreateService"):
        yield from own_role(call, "ecs.amazonaws.com", "AWSServiceRoleForECS")


def _tagged(call: Call, arn: str, action: str = "TagResource") -> Needs:
    """The call's own permission, and the one to tag what it makes."""
    yield call.need(arn)
    if call.parameters.get("tags") or call.parameters.get("Tags"):
        yield call.need(arn, action)


# ---- ELB ----


def load_balancers(call: Call) -> Needs:
    if call.reads:
        yield call.need()
        return
    new = {"CreateLoadBalancer": "loadbalancer/app", "CreateTargetGroup": "targetgroup"}.get(call.operation)
    if new:
        yield from _tagged(call, call.arn(f"{new}/{call.text('Name')}/*"), "AddTags")
    elif call.operation == "CreateListener":
        balancer = call.text("LoadBalancerArn")
        yield call.need(balancer)
        if call.parameters.get("Tags"):
            yield call.need(f"{balancer.replace(':loadbalancer/', ':listener/')}/*", "AddTags")
    elif arns := call.parameters.get("ResourceArns"):
        yield from (call.need(each) for each in arns)
    else:
        yield call.need(call.text("ListenerArn", "TargetGroupArn", "LoadBalancerArn") or "*")
    if call.operation == "CreateLoadBalancer":
        yield from own_role(call, "elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing")
        yield from looks("AccountAttributes", "Addresses", "AvailabilityZones", "InternetGateways")
        yield from looks("SecurityGroups", "Subnets", "Vpcs")


# ---- API Gateway: the action is the method of HTTP, the resource its path ----


def gateways(call: Call) -> Needs:
    path = re.sub(r"^/v2/", "/", call.path)
    yield call.need(f"arn:aws:apigateway:{call.region}::{path}", call.method)
    if call.operation == "CreateVpcLink":
        yield from own_role(call, "ops.apigateway.amazonaws.com", "AWSServiceRoleForAPIGateway")
        yield from looks("SecurityGroups", "Subnets", "Vpcs")


# ---- Application Auto Scaling, for ECS ----


def scaling(call: Call) -> Needs:
    named = {"application-autoscaling:service-namespace": call.text("ServiceNamespace")}
    if arn := call.text("ResourceARN"):
        yield Need(f"{call.service}:{call.operation}", arn, dict.fromkeys(named, ()))
        return
    if call.reads:
        yield call.need()
        return
    target = call.arn("scalable-target/*")
    yield call.need(target, **named)
    if call.parameters.get("Tags"):
        # No key of the service is in the request for tags.
        yield Need(f"{call.service}:TagResource", target, dict.fromkeys(named, ()))
    scaled = call.text("ResourceId")  # service/CLUSTER/SERVICE
    alarm = call.arn(f"alarm:TargetTracking-{scaled}-AlarmHigh-*", "cloudwatch")
    if call.operation == "PutScalingPolicy":
        yield from (Need(f"cloudwatch:{each}", alarm) for each in ("PutMetricAlarm", "DescribeAlarms"))
    if call.operation == "DeleteScalingPolicy":
        yield Need("cloudwatch:DeleteAlarms", alarm)
    if call.operation in ("PutScalingPolicy", "RegisterScalableTarget"):
        yield from (Need(f"ecs:{each}", call.arn(scaled, "ecs")) for each in ("DescribeServices", "UpdateService"))
    if call.operation == "RegisterScalableTarget":
        role = "AWSServiceRoleForApplicationAutoScaling_ECSService"
        yield from own_role(call, "ecs.application-autoscaling.amazonaws.com", role)


# ---- App Runner ----

_APP_RUNNER_MADE = {
    "CreateAutoScalingConfiguration": ("autoscalingconfiguration", "AutoScalingConfigurationName"),
    "CreateObservabilityConfiguration": ("observabilityconfiguration", "ObservabilityConfigurationName"),
    "CreateService": ("service", "ServiceName"),
    "CreateVpcConnector": ("vpcconnector", "VpcConnectorName"),
}


def app_runner(call: Call) -> Needs:
    if call.operation in _APP_RUNNER_MADE:
        kind, name = _APP_RUNNER_MADE[call.operation]
        yield from _tagged(call, call.arn(f"{kind}/{call.text(name)}/*"))
    elif call.operation.startswith("List") and not call.text("ResourceArn"):
        yield call.need()
    elif arn := call.text("ServiceArn", "ResourceArn"):
        yield call.need(arn)
    else:
        yield call.need(call.text("AutoScalingConfigurationArn", "VpcConnectorArn") or "*")
    if call.operation == "CreateVpcConnector":
        yield from own_role(call, "networking.apprunner.amazonaws.com", "AWSServiceRoleForAppRunnerNetworking")
        yield from looks("SecurityGroups", "Subnets", "Vpcs")
    if call.operation in ("CreateService", "UpdateService"):
        yield from _of_a_service(call)


def _of_a_service(call: Call) -> Needs:
    """What the service refers to, and the roles that it takes over."""
    egress = _inner(call.parameters, "NetworkConfiguration", "EgressConfiguration", "VpcConnectorArn")
    for arn in (call.text("AutoScalingConfigurationArn"), egress):
        if arn:
            yield call.need(str(arn))
    role = _inner(call.parameters, "InstanceConfiguration", "InstanceRoleArn")
    yield from passed(str(role or ""), "tasks.apprunner.amazonaws.com")
    pulling = _inner(call.parameters, "SourceConfiguration", "AuthenticationConfiguration", "AccessRoleArn")
    yield from passed(str(pulling or ""), "build.apprunner.amazonaws.com")
    if call.operation == "CreateService":
        yield from own_role(call, "apprunner.amazonaws.com", "AWSServiceRoleForAppRunner")


def _inner(given: Any, *names: str) -> Any:
    for name in names:
        given = (given or {}).get(name)
    return given
