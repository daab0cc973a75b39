"""Functions in a VPC: another server may have their networks (`SIM_NETWORKS_URL`), and their IPv6 setting is kept.

A function runs on this machine in any case. Its VPC is looked up as before, and a subnet that does not exist is
refused.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import os
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.services.lambda_ import api_utils, provider

from ..features import NETWORKS_URL_VARIABLE


def install() -> None:
    _keep_ipv6()
    url = os.environ.get(NETWORKS_URL_VARIABLE)
    if url:
        _look_up_at(url)


def _keep_ipv6() -> None:
    """LocalStack drops the setting for a dual-stack subnet's IPv6, and Terraform then sees a change."""
    stock_build, stock_rendered = provider.LambdaProvider._build_vpc_config, api_utils.map_config_out

    def build(self: Any, account_id: str, region_name: str, vpc_config: Any = None) -> Any:
        built = stock_build(self, account_id, region_name, vpc_config)
        if built is not None:
            built.ipv6 = bool(vpc_config.get("Ipv6AllowedForDualStack"))
        return built

    def rendered(version: Any, *arguments: Any, **named: Any) -> Any:
        configuration = stock_rendered(version, *arguments, **named)
        if "VpcConfig" in configuration:
            configuration["VpcConfig"]["Ipv6AllowedForDualStack"] = getattr(version.config.vpc_config, "ipv6", False)
        return configuration

    provider.LambdaProvider._build_vpc_config = build
    api_utils.map_config_out = rendered


def _look_up_at(url: str) -> None:
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
