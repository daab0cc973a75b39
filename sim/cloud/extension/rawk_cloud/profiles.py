"""EC2: instance profiles are looked up in another server's IAM.

LocalStack stores the roles and enforces them; stock moto starts an instance only with a profile of its own IAM.
"""
# mypy: disable-error-code="import-not-found"
# moto is installed in a separate environment

from dataclasses import dataclass

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.ec2 import utils
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import iam_instance_profile
from moto.ec2.responses import instances


@dataclass(frozen=True)
class Profile:
    """The attributes of an instance profile that moto's EC2 reads."""

    id: str
    name: str
    arn: str


def install(identity_url: str) -> None:
    """Use the IAM at that URL instead of moto's own."""
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=20, proxies={})
    identities = boto3.client("iam", endpoint_url=identity_url, config=config)

    def look_up(
        account_id: str,  # noqa: ARG001
        partition: str,  # noqa: ARG001
        iam_instance_profile_arn: str | None,
        iam_instance_profile_name: str | None,
    ) -> Profile:
        name = iam_instance_profile_name or (iam_instance_profile_arn or "").rpartition("/")[2]
        try:
            found = identities.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
        except ClientError as error:
            raise EC2ClientError(
                "InvalidParameterValue", f"Value ({name}) for parameter iamInstanceProfile.name is invalid."
            ) from error
        return Profile(found["InstanceProfileId"], found["InstanceProfileName"], found["Arn"])

    for importing in (utils, iam_instance_profile, instances):
        importing.filter_iam_instance_profiles = look_up
