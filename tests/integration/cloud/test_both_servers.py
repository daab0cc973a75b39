"""Both servers refer to each other: instances to profiles in IAM, functions to networks in EC2."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sim.cloud.inventory import inventory, named
from sim.cloud.servers import MOTO_SERVICES, Cloud
from sim.localstack.functions import zip_of

CODE = zip_of({"code.py": "def handler(event, context):\n    return event\n"})


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with Cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="module")
def subnet(cloud: Cloud) -> dict[str, Any]:
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    return dict(ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.0.0/24")["Subnet"])


TRUST = """{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
]}"""


def function_in(cloud: Cloud, name: str, **network: Any) -> None:
    with suppress(ClientError):  # an earlier test has made it
        cloud.client("iam").create_role(RoleName="tester", AssumeRolePolicyDocument=TRUST)
    cloud.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="code.handler",
        Role="arn:aws:iam::000000000000:role/tester",
        Code={"ZipFile": CODE},
        VpcConfig=network,
    )


def test_a_function_has_the_network_of_the_other_server(cloud: Cloud, subnet: dict[str, Any]) -> None:
    function_in(cloud, "inside", SubnetIds=[subnet["SubnetId"]], SecurityGroupIds=[], Ipv6AllowedForDualStack=True)
    found = cloud.client("lambda").get_function_configuration(FunctionName="inside")["VpcConfig"]
    assert (found["VpcId"], found["Ipv6AllowedForDualStack"]) == (subnet["VpcId"], True)


def test_a_function_without_ipv6_stays_without(cloud: Cloud, subnet: dict[str, Any]) -> None:
    function_in(cloud, "inside-4", SubnetIds=[subnet["SubnetId"]], SecurityGroupIds=[])
    found = cloud.client("lambda").get_function_configuration(FunctionName="inside-4")["VpcConfig"]
    assert found["Ipv6AllowedForDualStack"] is False


def test_an_unknown_subnet_is_refused(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match=r"InvalidSubnetID\.NotFound"):
        function_in(cloud, "nowhere", SubnetIds=["subnet-0123456789abcdef0"], SecurityGroupIds=[])


def test_an_instance_takes_a_profile_of_localstack_and_no_other(cloud: Cloud, subnet: dict[str, Any]) -> None:
    made = cloud.client("iam").create_instance_profile(InstanceProfileName="machine")["InstanceProfile"]

    def instance(profile: str) -> dict[str, Any]:
        ran = cloud.client("ec2").run_instances(
            ImageId="ami-12c6146b",
            MinCount=1,
            MaxCount=1,
            SubnetId=subnet["SubnetId"],
            IamInstanceProfile={"Name": profile},
        )
        return dict(ran["Instances"][0])

    assert instance("machine")["IamInstanceProfile"]["Arn"] == made["Arn"]
    with pytest.raises(ClientError, match=r"InvalidParameterValue.*unknown"):
        instance("unknown")


def test_the_inventory_covers_both_servers_and_selects_by_name(cloud: Cloud) -> None:
    before = inventory(cloud)
    cloud.client("sqs").create_queue(QueueName="seen-jobs")
    cloud.client("xray").create_group(GroupName="seen-group")
    cloud.client("sqs").create_queue(QueueName="other-jobs")
    seen = named(inventory(cloud) - before, "seen-")
    assert [line.split(":")[0] for line in seen] == ["sqs list_queues", "xray get_groups"]


def test_the_variables_point_each_service_to_its_server(cloud: Cloud) -> None:
    assert cloud.moto is not None
    variables = cloud.environment()
    assert variables["AWS_ENDPOINT_URL"] == cloud.localstack.endpoint_url
    for service, spelled in MOTO_SERVICES.items():
        assert (
            cloud.client(service).meta.service_model.service_id.upper().replace(" ", "_").replace("-", "_") == spelled
        )
        assert variables[f"AWS_ENDPOINT_URL_{spelled}"] == cloud.moto.endpoint_url
