"""The permissions that calls of moto's half need, in comparison with AWS's Service Authorization Reference."""

from typing import Any

import pytest

from sim.cloud.extension.rawk_cloud.rights.need import Call, Known
from sim.cloud.extension.rawk_cloud.rights.table import SERVICES, unlisted
from sim.cloud.moto import ACCOUNT, REGION

HERE = f"{REGION}:{ACCOUNT}"
OWN_ROLE = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role"
TAG = {"Key": "Pipeline", "Value": "a"}
KNOWN = Known(
    tags_of=lambda identifier: {"Pipeline": "a"} if identifier.endswith("-ours") else {},
    parts_of=lambda identifier: {"rtbassoc-1": ("rtb-ours", "subnet-ours"), "i-ours": ("eni-1",)}.get(identifier, ()),
    role_of_profile=lambda name: f"arn:aws:iam::{ACCOUNT}:role/{name}",
    group_of_deployment=lambda identifier: ("app", "group") if identifier == "d-1" else None,
)


def asked(service: str, operation: str, given: dict[str, Any], **more: Any) -> dict[str, dict[str, tuple[str, ...]]]:
    """`ACTION RESOURCE` -> the condition keys; resources of this account and region without their prefix."""
    call = Call(service, operation, given, ACCOUNT, REGION, known=KNOWN, **more)
    needs = (SERVICES[service].needs if service in SERVICES else unlisted)(call)
    return {
        f"{each.action} {each.resource.replace(f'{HERE}:', '')}": {k: v for k, v in each.context.items() if v}
        for each in needs
    }


CASES: tuple[tuple[str, str, dict[str, Any], set[str]], ...] = (
    ("ec2", "DescribeVpcs", {"VpcIds": ["vpc-ours"]}, {"ec2:DescribeVpcs *"}),
    ("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}, {"ec2:CreateVpc arn:aws:ec2:vpc/*"}),
    (
        "ec2",
        "CreateRoute",
        {"RouteTableId": "rtb-ours", "NatGatewayId": "nat-1"},
        {"ec2:CreateRoute arn:aws:ec2:route-table/rtb-ours"},
    ),
    (
        "ec2",
        "DisassociateRouteTable",
        {"AssociationId": "rtbassoc-1"},
        {
            "ec2:DisassociateRouteTable arn:aws:ec2:route-table/rtb-ours",
            "ec2:DisassociateRouteTable arn:aws:ec2:subnet/subnet-ours",
        },
    ),
    (
        "ec2",
        "AssociateAddress",
        {"AllocationId": "eipalloc-1", "InstanceId": "i-ours"},
        {
            "ec2:AssociateAddress arn:aws:ec2:elastic-ip/eipalloc-1",
            "ec2:AssociateAddress arn:aws:ec2:instance/i-ours",
            "ec2:AssociateAddress arn:aws:ec2:network-interface/eni-1",
        },
    ),
    (
        "ec2",
        "CreateVpcEndpoint",
        {"VpcId": "vpc-1", "SubnetIds": ["subnet-1"], "PrivateDnsEnabled": True},
        {
            "ec2:CreateVpcEndpoint arn:aws:ec2:vpc-endpoint/*",
            "ec2:CreateVpcEndpoint arn:aws:ec2:vpc/vpc-1",
            "ec2:CreateVpcEndpoint arn:aws:ec2:subnet/subnet-1",
            "route53:AssociateVPCWithHostedZone arn:aws:route53:::hostedzone/*",
            "route53:AssociateVPCWithHostedZone arn:aws:ec2:vpc/vpc-1",
        },
    ),
    (
        "ec2",
        "RunInstances",
        {"ImageId": "ami-1", "SubnetId": "subnet-1", "IamInstanceProfile": {"Name": "api"}},
        {
            "ec2:RunInstances arn:aws:ec2:instance/*",
            "ec2:RunInstances arn:aws:ec2:volume/*",
            "ec2:RunInstances arn:aws:ec2:network-interface/*",
            "ec2:RunInstances arn:aws:ec2:subnet/subnet-1",
            f"ec2:RunInstances arn:aws:ec2:{REGION}::image/ami-1",
            f"iam:PassRole arn:aws:iam::{ACCOUNT}:role/api",
        },
    ),
    ("rds", "DescribeDBInstances", {}, {"rds:DescribeDBInstances arn:aws:rds:db:*"}),
    (
        "rds",
        "DeleteDBInstance",
        {"DBInstanceIdentifier": "a", "FinalDBSnapshotIdentifier": "s"},
        {
            "rds:DeleteDBInstance arn:aws:rds:db:a",
            "rds:DeleteDBInstance arn:aws:rds:snapshot:s",
            "rds:CreateDBSnapshot arn:aws:rds:snapshot:s",
        },
    ),
    (
        "ecs",
        "RegisterTaskDefinition",
        {"family": "a", "taskRoleArn": "arn:role", "tags": [TAG]},
        {
            "ecs:RegisterTaskDefinition arn:aws:ecs:task-definition/a:*",
            "ecs:TagResource arn:aws:ecs:task-definition/a:*",
            "iam:PassRole arn:role",
        },
    ),
    (
        "ecs",
        "DescribeServices",
        {"cluster": "arn:aws:ecs:::cluster/c", "services": ["s"]},
        {"ecs:DescribeServices arn:aws:ecs:service/c/s"},
    ),
    ("ecs", "DescribeTaskDefinition", {"taskDefinition": "a:1"}, {"ecs:DescribeTaskDefinition *"}),
    (
        "elasticloadbalancing",
        "CreateListener",
        {"LoadBalancerArn": "arn:loadbalancer/app/a/1".replace("arn:", "arn:aws:e:"), "Tags": [TAG]},
        {
            "elasticloadbalancing:CreateListener arn:aws:e:loadbalancer/app/a/1",
            "elasticloadbalancing:AddTags arn:aws:e:listener/app/a/1/*",
        },
    ),
    (
        "application-autoscaling",
        "PutScalingPolicy",
        {"ServiceNamespace": "ecs", "ResourceId": "service/c/s"},
        {
            "application-autoscaling:PutScalingPolicy arn:aws:application-autoscaling:scalable-target/*",
            "cloudwatch:PutMetricAlarm arn:aws:cloudwatch:alarm:TargetTracking-service/c/s-AlarmHigh-*",
            "cloudwatch:DescribeAlarms arn:aws:cloudwatch:alarm:TargetTracking-service/c/s-AlarmHigh-*",
            "ecs:DescribeServices arn:aws:ecs:service/c/s",
            "ecs:UpdateService arn:aws:ecs:service/c/s",
        },
    ),
    (
        "apprunner",
        "UpdateService",
        {
            "ServiceArn": "arn:service",
            "AutoScalingConfigurationArn": "arn:scaling",
            "InstanceConfiguration": {"InstanceRoleArn": "arn:role"},
            "NetworkConfiguration": {"EgressConfiguration": {"VpcConnectorArn": "arn:connector"}},
        },
        {
            "apprunner:UpdateService arn:service",
            "apprunner:UpdateService arn:scaling",
            "apprunner:UpdateService arn:connector",
            "iam:PassRole arn:role",
        },
    ),
    (
        "budgets",
        "CreateBudget",
        {"Budget": {"BudgetName": "b"}},
        {f"budgets:ModifyBudget arn:aws:budgets::{ACCOUNT}:budget/b"},
    ),
    (
        "codedeploy",
        "GetDeployment",
        {"deploymentId": "d-1"},
        {"codedeploy:GetDeployment arn:aws:codedeploy:deploymentgroup:app/group"},
    ),
    ("codedeploy", "StopDeployment", {"deploymentId": "d-1"}, {"codedeploy:StopDeployment *"}),
    ("ecr", "PutImage", {"repositoryName": "a/api"}, {"ecr:PutImage arn:aws:ecr:repository/a/api"}),
    (
        "xray",
        "CreateSamplingRule",
        {"SamplingRule": {"RuleName": "r"}, "Tags": [TAG]},
        {"xray:CreateSamplingRule arn:aws:xray:sampling-rule/r", "xray:TagResource arn:aws:xray:sampling-rule/r"},
    ),
    ("kms", "ListKeys", {}, {"kms:ListKeys *"}),
)


@pytest.mark.parametrize(("service", "operation", "given", "needed"), CASES)
def test_what_a_call_needs(service: str, operation: str, given: dict[str, Any], needed: set[str]) -> None:
    assert set(asked(service, operation, given)) == needed


def test_an_api_of_api_gateway_is_its_method_and_path() -> None:
    path = "/v2/apis/a1/routes"
    needed = asked("apigateway", "GetRoutes", {"ApiId": "a1"}, method="GET", path=path)
    assert set(needed) == {f"apigateway:GET arn:aws:apigateway:{REGION}::/apis/a1/routes"}


def test_the_role_of_a_service_is_asked_for_at_its_first_use() -> None:
    needed = asked("rds", "CreateDBSubnetGroup", {"DBSubnetGroupName": "g"})
    role = f"iam:CreateServiceLinkedRole {OWN_ROLE}/rds.amazonaws.com/AWSServiceRoleForRDS"
    assert needed[role] == {"iam:awsservicename": ("rds.amazonaws.com",)}


def test_tags_at_a_creation_are_those_of_their_own_kind() -> None:
    given = {"TagSpecifications": [{"ResourceType": "instance", "Tags": [TAG]}], "SubnetId": "subnet-ours"}
    needed = asked("ec2", "RunInstances", given)
    assert needed["ec2:RunInstances arn:aws:ec2:instance/*"] == {"aws:requesttag/pipeline": ("a",)}
    assert needed["ec2:RunInstances arn:aws:ec2:volume/*"] == {}
    assert needed["ec2:RunInstances arn:aws:ec2:subnet/subnet-ours"] == {"aws:resourcetag/pipeline": ("a",)}
    tagging = needed["ec2:CreateTags arn:aws:ec2:instance/*"]
    assert tagging == {"aws:requesttag/pipeline": ("a",), "ec2:createaction": ("RunInstances",)}
    assert "ec2:CreateTags arn:aws:ec2:volume/*" not in needed


def test_another_tag_has_no_create_action() -> None:
    needed = asked("ec2", "CreateTags", {"Resources": ["sg-ours", "vpc-1"], "Tags": [TAG]})
    assert needed == {
        "ec2:CreateTags arn:aws:ec2:security-group/sg-ours": {
            "aws:requesttag/pipeline": ("a",),
            "aws:resourcetag/pipeline": ("a",),
        },
        "ec2:CreateTags arn:aws:ec2:vpc/vpc-1": {"aws:requesttag/pipeline": ("a",)},
    }


def test_keys_that_a_call_lacks_are_known_to_be_missing() -> None:
    """Otherwise a policy that demands their absence, or takes it, would not apply."""
    (claim,) = SERVICES["ec2"].needs(Call("ec2", "CreateTags", {"Resources": ["sg-1"], "Tags": [TAG]}, ACCOUNT, REGION))
    assert claim.context["aws:resourcetag/pipeline"] == claim.context["ec2:createaction"] == ()
    given = {"ResourceARN": "arn:target", "Tags": {"a": "b"}}
    (tagging,) = SERVICES["application-autoscaling"].needs(
        Call("application-autoscaling", "TagResource", given, ACCOUNT, REGION)
    )
    assert tagging.context == {"application-autoscaling:service-namespace": ()}
