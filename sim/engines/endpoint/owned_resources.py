"""The resources of one world at an endpoint that others may use too: identified by name and owner, always removed.

The name of each resource begins with `rawk-` and a token of the world. The first resource is a bucket with the world's
owner as a tag, and it is removed last. So the resources of a killed run can be found, and no others.
"""

import uuid
from collections.abc import Mapping
from datetime import timedelta

from botocore.exceptions import BotoCoreError, ClientError

from sim.clock.clocks import RealClock
from sim.platform.process_identity import is_dead, this_process
from sim.provisioning.clients import Clients
from sim.provisioning.errors import ProvisionError
from sim.provisioning.removal_by_name import remove_named
from sim.provisioning.resources import RESOURCE_TYPES

PREFIX = "rawk-"
SUFFIX = "-owner"
OWNER_TAG = "rawk-owner"
LATE_LOGS = timedelta(seconds=2)


class OwnedResources:
    """Names begin with `prefix`; `bucket` stores what the world itself needs there."""

    def __init__(self, clients: Clients) -> None:
        self.clients = clients
        token = f"{PREFIX}{uuid.uuid4().hex[:6]}"
        self.prefix = f"{token}-"
        self.bucket = f"{token}{SUFFIX}"
        self.tags: Mapping[str, str] = {OWNER_TAG: this_process()}

    def claim(self) -> None:
        """Create the bucket, before anything else. Raises ClientError, BotoCoreError."""
        tags = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        self.clients.s3.create_bucket(Bucket=self.bucket)
        self.clients.s3.put_bucket_tagging(Bucket=self.bucket, Tagging={"TagSet": tags})

    def remove(self) -> None:
        """Remove all of it. Raises ProvisionError with what could not be removed."""
        if failures := _remove(self.clients, self.bucket):
            raise ProvisionError(f"some resources of {self.prefix}… could not be removed: {'; '.join(failures)}")


def sweep(clients: Clients) -> list[str]:
    """Remove what killed runs of this machine left; returns their owners. Raises ClientError, BotoCoreError."""
    swept = []
    for bucket in [each["Name"] for each in clients.s3.list_buckets()["Buckets"]]:
        if bucket.startswith(PREFIX) and bucket.endswith(SUFFIX):
            owner = _owner_of(clients, bucket)
            if owner is not None and is_dead(owner):
                _remove(clients, bucket)
                swept.append(owner)
    return swept


def _owner_of(clients: Clients, bucket: str) -> str | None:
    """None for a bucket without the tag, or one that was removed meanwhile."""
    try:
        tags = clients.s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    except (ClientError, BotoCoreError):
        return None
    return next((each["Value"] for each in tags if each["Key"] == OWNER_TAG), None)


def _remove(clients: Clients, bucket: str) -> list[str]:
    """The bucket stays when something else could not be removed, so that the next run finds the rest."""
    prefix, owner = f"{bucket.removesuffix(SUFFIX)}-", frozenset({bucket})
    failures = remove_named(clients, prefix, but=owner)
    if not failures:
        # A function that still ran when its log group was removed creates the group again with its last lines.
        RealClock().wait_until(lambda: False, LATE_LOGS)
        failures = remove_named(clients, prefix, but=owner)
    if not failures:
        try:
            RESOURCE_TYPES["aws_s3_bucket"].remove(clients, {"id": bucket})
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucket":
                failures.append(f"{bucket}: {error}")
    return failures
