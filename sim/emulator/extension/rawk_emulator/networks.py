"""Functions in a VPC, where the networks are another server's: `SIM_NETWORKS_URL` says whose EC2 knows the subnets.

A function runs here all the same; what its VPC is, is looked up as ever, and a subnet that is not there is refused.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import os
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.services.lambda_ import provider

from .parts import NETWORKS_URL_VARIABLE


def install() -> None:
    """Does nothing where nobody else has the networks."""
    url = os.environ.get(NETWORKS_URL_VARIABLE)
    if not url:
        return

    def resolve_vpc_id(_: Any, account_id: str, region_name: str, subnet_id: str) -> str:
        return _vpc_of(subnet_id, _networks(url, account_id, region_name))

    provider.LambdaProvider._resolve_vpc_id = resolve_vpc_id


def _networks(url: str, account_id: str, region_name: str) -> Any:
    config = Config(retries={"total_max_attempts": 2}, connect_timeout=2, read_timeout=20, proxies={})
    session = boto3.Session(aws_access_key_id=account_id, aws_secret_access_key="test", region_name=region_name)
    return session.client("ec2", endpoint_url=url, config=config)


def _vpc_of(subnet_id: str, networks: Any) -> str:
    try:
        return str(networks.describe_subnets(SubnetIds=[subnet_id])["Subnets"][0]["VpcId"])
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        raise InvalidParameterValueException(
            f"Error occurred while DescribeSubnets. EC2 Error Code: {code}. EC2 Error Message: {message}", Type="User"
        ) from error
