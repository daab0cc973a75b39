"""Refuses what a bucket's object ownership and its public access block forbid.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from typing import Any

from localstack.aws.api import CommonServiceException

from ..iam.actions import Call
from .public_access import GRANT_PARAMETERS, is_public_policy, wants_public_acl

ENFORCED = "BucketOwnerEnforced"
SETTING_ACLS = frozenset({"PutBucketAcl", "PutObjectAcl"})
UPLOADING = frozenset({"CopyObject", "CreateMultipartUpload", "PostObject", "PutObject"})
HARMLESS_ACLS = frozenset({"", "bucket-owner-full-control", "private"})
"""What an upload may say of its access list where lists are disabled: what holds there anyway."""


def has_acls(bucket: Any) -> bool:
    """Whether access lists count in this bucket."""
    return bool(bucket.object_ownership != ENFORCED)


def check_creation(call: Call) -> None:
    """A new bucket has a public access block, and no access lists unless it asks for them. Raises S3's error."""
    parameters = call.parameters
    if (parameters.get("ObjectOwnership") or ENFORCED) == ENFORCED and _sets_acl(call):
        message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
        raise CommonServiceException("InvalidBucketAclWithObjectOwnership", message)
    if wants_public_acl(parameters):
        message = "Bucket cannot have public ACLs set with BlockPublicAccess enabled"
        raise CommonServiceException("InvalidBucketAclWithBlockPublicAccessError", message)


def check(call: Call, bucket: Any) -> None:
    """A call on a bucket that exists. Raises S3's error."""
    block = bucket.public_access_block or {}
    if call.operation in SETTING_ACLS or call.operation in UPLOADING:
        if not has_acls(bucket) and (call.operation in SETTING_ACLS or _sets_acl(call)):
            raise CommonServiceException("AccessControlListNotSupported", "The bucket does not allow ACLs")
        if block.get("BlockPublicAcls") and wants_public_acl(call.parameters):
            raise _denied()
    if call.operation == "PutBucketPolicy" and block.get("BlockPublicPolicy") and is_public_policy(call.text("Policy")):
        raise _denied()


def _sets_acl(call: Call) -> bool:
    if str(call.parameters.get("ACL") or "") not in HARMLESS_ACLS:
        return True
    return any(call.parameters.get(name) for name in GRANT_PARAMETERS)


def _denied() -> CommonServiceException:
    return CommonServiceException("AccessDenied", "Access Denied", status_code=403)
