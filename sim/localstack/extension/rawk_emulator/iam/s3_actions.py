"""The permissions that a call on S3 needs; its actions seldom have the names of its operations.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from .actions import Call, Need, Needs
from .patterns import Context

OPERATIONS = {
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PostObject": "PutObject",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "SelectObjectContent": "GetObject",
    "UploadPart": "PutObject",
}
"""Operations whose action has another name."""

_OF_A_VERSION = {"GetObject", "GetObjectAcl", "GetObjectTagging", "DeleteObject", "DeleteObjectTagging"}
_OF_A_VERSION |= {"PutObjectAcl", "PutObjectTagging"}
_LISTS = {"ListBucket", "ListBucketVersions", "ListBucketMultipartUploads"}
_CONTEXT = {
    "Prefix": "s3:prefix",
    "Delimiter": "s3:delimiter",
    "MaxKeys": "s3:max-keys",
    "VersionId": "s3:versionid",
    "ACL": "s3:x-amz-acl",
    "ServerSideEncryption": "s3:x-amz-server-side-encryption",
    "StorageClass": "s3:x-amz-storage-class",
}
_COPY_SOURCE = re.compile(r"/?([^/]+)/(.*?)(?:\?versionId=(.+))?", re.DOTALL)


def s3_needs(call: Call) -> Needs:
    """The permissions that the call needs, one by one."""
    if call.operation == "DeleteObjects":
        return _deletes(call)
    action = OPERATIONS.get(call.operation, call.operation)
    if call.operation in ("CopyObject", "UploadPartCopy"):
        return (*_source(call), *_put(call))
    if action == "PutObject":
        return _put(call)
    if call.text("VersionId") and action in _OF_A_VERSION:
        action = f"{action.removesuffix('Acl').removesuffix('Tagging')}Version" + _end_of(action)
    return (Need(f"s3:{action}", _arn(call, action), _context(call, action)),)


def listing_need(call: Call) -> Need:
    """The permission to learn that an object is missing: a caller that may not list gets 403 instead (API Reference,
    GetObject).

    The call has no prefix, so a permission that demands one does not count.
    """
    return Need("s3:ListBucket", f"arn:aws:s3:::{call.text('Bucket')}")


def _end_of(action: str) -> str:
    return next((end for end in ("Acl", "Tagging") if action.endswith(end)), "")


def _arn(call: Call, action: str) -> str:
    bucket, key = call.text("Bucket"), call.text("Key")
    if not bucket:
        return "*"
    return object_arn(bucket, key) if key and action not in _LISTS else f"arn:aws:s3:::{bucket}"


def object_arn(bucket: str, key: str) -> str:
    return f"arn:aws:s3:::{bucket}/{key}"


def _put(call: Call) -> Needs:
    """An object's access list and tags need permissions of their own, also when they are set with the object."""
    target = _arn(call, "PutObject")
    needs = [Need("s3:PutObject", target, _context(call, "PutObject"))]
    if call.text("ACL") or any(value and name.startswith("Grant") for name, value in call.parameters.items()):
        needs.append(Need("s3:PutObjectAcl", target, _context(call, "PutObject")))
    if call.text("Tagging"):
        needs.append(Need("s3:PutObjectTagging", target))
    return tuple(needs)


def _source(call: Call) -> Needs:
    written: Any = call.parameters.get("CopySource")
    if isinstance(written, Mapping):
        bucket, key, version = (written.get(name) for name in ("Bucket", "Key", "VersionId"))
    else:
        found = _COPY_SOURCE.fullmatch(unquote(str(written)))
        if found is None:
            return (Need("s3:GetObject", "*"),)
        bucket, key, version = found.groups()
    return (Need("s3:GetObjectVersion" if version else "s3:GetObject", object_arn(str(bucket), str(key))),)


def _deletes(call: Call) -> Needs:
    wanted = (call.parameters.get("Delete") or {}).get("Objects") or ()
    bucket = call.text("Bucket")
    return tuple(
        Need("s3:DeleteObjectVersion" if each.get("VersionId") else "s3:DeleteObject", object_arn(bucket, each["Key"]))
        for each in wanted
    )


def _context(call: Call, action: str) -> Context:
    names = _CONTEXT if action in _LISTS else {name: key for name, key in _CONTEXT.items() if name != "Prefix"}
    values = {key: call.parameters.get(name) for name, key in names.items()}
    return {key: (str(value),) for key, value in values.items() if value not in (None, "")}
