"""moto's half is judged as LocalStack's: by the policies of the caller's role, with the services' own errors."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sim.cloud.moto import REGION
from sim.cloud.servers import MOTO_SERVICES, Cloud
from sim.localstack.control_client import EmulatorControl

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "000000000000"}}],
    }
)
HERE = f"{REGION}:000000000000"
STATEMENTS: dict[str, dict[str, Any]] = {
    "Look": {"Action": ["ec2:Describe*", "ecs:DescribeClusters"], "Resource": "*"},
    "MakeTagged": {
        "Action": ["ec2:CreateVpc", "ec2:CreateSubnet"],
        "Resource": f"arn:aws:ec2:{HERE}:*/*",
        "Condition": {"StringEquals": {"aws:RequestTag/Pipeline": "ours"}},
    },
    "ChangeOurs": {
        "Action": ["ec2:CreateSubnet", "ec2:DeleteVpc"],
        "Resource": f"arn:aws:ec2:{HERE}:*/*",
        "Condition": {"StringEquals": {"aws:ResourceTag/Pipeline": "ours"}},
    },
    "Tag": {
        "Action": "ec2:CreateTags",
        "Resource": f"arn:aws:ec2:{HERE}:*/*",
        "Condition": {"Null": {"ec2:CreateAction": "false"}},
    },
    "Claim": {
        "Action": "ec2:CreateTags",
        "Resource": f"arn:aws:ec2:{HERE}:security-group/*",
        "Condition": {
            "Null": {"aws:ResourceTag/Pipeline": "true"},
            "StringEquals": {"aws:RequestTag/Pipeline": "ours"},
        },
    },
    "Named": {
        "Action": ["ecs:CreateCluster", "rds:CreateDBSubnetGroup", "apprunner:CreateVpcConnector", "apigateway:POST"],
        "Resource": [
            f"arn:aws:ecs:{HERE}:cluster/ours-*",
            f"arn:aws:rds:{HERE}:subgrp:ours-*",
            f"arn:aws:apprunner:{HERE}:vpcconnector/ours-*",
            f"arn:aws:apigateway:{REGION}::/apis",
        ],
    },
    "OwnRoles": {"Action": "iam:CreateServiceLinkedRole", "Resource": "*"},
}
Client = Callable[[str], Any]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with Cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="module")
def as_role(cloud: Cloud) -> Client:
    """Clients with the session of a role that has the statements."""
    identities = cloud.client("iam")
    role = identities.create_role(RoleName="tester", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    document = [{"Sid": sid, "Effect": "Allow", **each} for sid, each in STATEMENTS.items()]
    policy = json.dumps({"Version": "2012-10-17", "Statement": document})
    identities.put_role_policy(RoleName="tester", PolicyName="its", PolicyDocument=policy)
    keys = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    return clients(cloud, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


def clients(cloud: Cloud, key: str, secret: str, token: str) -> Client:
    session = boto3.Session(key, secret, token, REGION)
    config = Config(retries={"total_max_attempts": 1})

    def make(service: str) -> Any:
        assert cloud.moto is not None
        half = cloud.moto if service in MOTO_SERVICES else cloud.localstack
        return session.client(service, endpoint_url=half.endpoint_url, config=config)  # type: ignore[call-overload]

    return make


def tagged(kind: str, value: str = "ours") -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": "Pipeline", "Value": value}]}]


def network(as_role: Client) -> str:
    made = as_role("ec2").create_vpc(CidrBlock="10.8.0.0/16", TagSpecifications=tagged("vpc"))
    return str(made["Vpc"]["VpcId"])


def test_what_is_made_needs_the_tag_and_the_permission_to_tag(as_role: Client) -> None:
    ec2 = as_role("ec2")
    assert network(as_role)
    for more in ({}, {"TagSpecifications": tagged("vpc", "theirs")}):
        with pytest.raises(ClientError, match=r"UnauthorizedOperation.*ec2:CreateVpc on resource") as raised:
            ec2.create_vpc(CidrBlock="10.8.0.0/16", **more)
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_parent_is_judged_by_the_tag_that_it_has(cloud: Cloud, as_role: Client) -> None:
    ec2, ours = as_role("ec2"), network(as_role)
    theirs = cloud.client("ec2").create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    made = {"CidrBlock": "10.8.0.0/24", "TagSpecifications": tagged("subnet")}
    assert ec2.create_subnet(VpcId=ours, **made)
    with pytest.raises(ClientError, match=rf"ec2:CreateSubnet on resource: arn:aws:ec2:{HERE}:vpc/{theirs}"):
        ec2.create_subnet(VpcId=theirs, **made)
    with pytest.raises(ClientError, match=rf"ec2:DeleteVpc on resource: arn:aws:ec2:{HERE}:vpc/{theirs}"):
        ec2.delete_vpc(VpcId=theirs)
    assert cloud.client("ec2").describe_vpcs(VpcIds=[theirs])["Vpcs"]


def test_a_resource_without_the_tag_can_be_claimed_once(cloud: Cloud, as_role: Client) -> None:
    filters = [{"Name": "vpc-id", "Values": [network(as_role)]}]
    (group,) = cloud.client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
    ours = [{"Key": "Pipeline", "Value": "ours"}]
    as_role("ec2").create_tags(Resources=[group["GroupId"]], Tags=ours)
    with pytest.raises(ClientError, match=rf"ec2:CreateTags on resource: .*{group['GroupId']}"):
        as_role("ec2").create_tags(Resources=[group["GroupId"]], Tags=ours)


REFUSED: tuple[tuple[str, str, dict[str, Any], str, str], ...] = (
    ("ecs", "create_cluster", {"clusterName": "theirs"}, "AccessDeniedException", "ecs:CreateCluster on resource"),
    (
        "ecs",
        "create_cluster",
        {"clusterName": "ours-api", "tags": [{"key": "a", "value": "b"}]},
        "AccessDeniedException",
        "ecs:TagResource on resource",
    ),
    (
        "rds",
        "create_db_subnet_group",
        {"DBSubnetGroupName": "theirs", "DBSubnetGroupDescription": "-", "SubnetIds": []},
        "AccessDenied",
        f"rds:CreateDBSubnetGroup on resource: arn:aws:rds:{HERE}:subgrp:theirs",
    ),
    (
        "apprunner",
        "create_vpc_connector",
        {"VpcConnectorName": "theirs", "Subnets": ["subnet-1"]},
        "AccessDeniedException",
        "apprunner:CreateVpcConnector on resource",
    ),
    (
        "apigatewayv2",
        "create_vpc_link",
        {"Name": "ours-api", "SubnetIds": ["subnet-1"]},
        "AccessDeniedException",
        f"apigateway:POST on resource: arn:aws:apigateway:{REGION}::/vpclinks",
    ),
    (
        "elbv2",
        "create_load_balancer",
        {"Name": "ours-api"},
        "AccessDenied",
        f"elasticloadbalancing:CreateLoadBalancer on resource: arn:aws:elasticloadbalancing:{HERE}:loadbalancer/app/",
    ),
    ("budgets", "describe_budgets", {"AccountId": "000000000000"}, "AccessDeniedException", "budgets:ViewBudget"),
    (
        "codedeploy",
        "delete_application",
        {"applicationName": "a"},
        "AccessDeniedException",
        "codedeploy:DeleteApplication",
    ),
    ("ecr", "describe_repositories", {}, "AccessDeniedException", "ecr:DescribeRepositories"),
    ("xray", "create_group", {"GroupName": "theirs"}, "AccessDeniedException", "xray:CreateGroup on resource"),
    ("dynamodb", "describe_table", {"TableName": "theirs"}, "AccessDeniedException", "dynamodb:DescribeTable"),
    (
        "application-autoscaling",
        "describe_scalable_targets",
        {"ServiceNamespace": "ecs"},
        "AccessDeniedException",
        "application-autoscaling:DescribeScalableTargets",
    ),
    ("kms", "list_keys", {}, "AccessDeniedException", "kms:ListKeys"),
)


@pytest.mark.parametrize(("service", "operation", "given", "code", "message"), REFUSED)
def test_a_call_without_its_permission_is_refused_as_the_service_does(
    as_role: Client, service: str, operation: str, given: dict[str, Any], code: str, message: str
) -> None:
    with pytest.raises(ClientError) as raised:
        getattr(as_role(service), operation)(**given)
    error = raised.value.response["Error"]
    assert error["Code"] == code
    assert message in error["Message"]


def test_the_permitted_calls_take_effect_and_the_root_may_do_everything(cloud: Cloud, as_role: Client) -> None:
    assert as_role("ecs").create_cluster(clusterName="ours-api")["cluster"]["status"] == "ACTIVE"
    assert as_role("apigatewayv2").create_api(Name="ours", ProtocolType="HTTP")["ApiId"]
    assert cloud.client("ecs").create_cluster(clusterName="theirs")["cluster"]["status"] == "ACTIVE"
    assert cloud.client("xray").get_groups()


@pytest.mark.parametrize(("key", "token"), [("LSIAQAAAAAAAAAAAAAAA", "token"), ("AKIAQAAAAAAAAAAAAAAA", "")])
def test_keys_that_nobody_issued_are_refused(cloud: Cloud, key: str, token: str) -> None:
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        clients(cloud, key, "secret", token)("ecs").describe_clusters()


def test_a_session_needs_its_own_token(cloud: Cloud, as_role: Client) -> None:
    keys = as_role("ecs")._request_signer._credentials
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        clients(cloud, keys.access_key, keys.secret_key, "another")("ecs").describe_clusters()


def test_decisions_are_counted_with_those_of_the_other_half(cloud: Cloud, as_role: Client) -> None:
    network(as_role)
    for service, operation in (("ecr", "describe_repositories"), ("sqs", "list_queues")):
        with suppress(ClientError):
            getattr(as_role(service), operation)()
    control = EmulatorControl(cloud.localstack.endpoint_url)
    try:
        counted = control.iam("tester")["tester"]
    finally:
        control.close()
    denied = {each["action"] for each in counted["denied"]}
    assert {"ecr:DescribeRepositories", "sqs:ListQueues"} <= denied
    assert counted["decided_alone"]["MakeTagged"] >= 1
    assert counted["decided_alone"]["Tag"] >= 1
