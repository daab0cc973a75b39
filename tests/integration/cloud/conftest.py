"""One moto server with our additions for all tests of this folder, and clients of it."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sim.cloud.moto import REGION, Moto

Client = Callable[[str], Any]


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    with Moto(tmp_path_factory.mktemp("moto") / "moto.log") as running:
        yield running


@pytest.fixture(scope="session")
def client(moto: Moto) -> Client:
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
    config = Config(retries={"total_max_attempts": 1}, read_timeout=60)
    made: dict[str, Any] = {}

    def make(service: str) -> Any:
        if service not in made:
            made[service] = session.client(service, endpoint_url=moto.endpoint_url, config=config)  # type: ignore[call-overload]
        return made[service]

    return make


@pytest.fixture(scope="session")
def subnets(client: Client) -> list[str]:
    """Two subnets of a network."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    blocks = {"10.9.0.0/24": "us-east-1a", "10.9.1.0/24": "us-east-1b"}
    made = [ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone) for block, zone in blocks.items()]
    return [each["Subnet"]["SubnetId"] for each in made]
