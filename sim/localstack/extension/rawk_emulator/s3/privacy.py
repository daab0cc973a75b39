"""Buckets are private: what is not signed, or signed for another account, needs a bucket policy or an access list.

Stock LocalStack gives every object to every caller, stores policies and access lists, and keeps the settings of the
public access block and of object ownership without heeding them.

Roles and users of the bucket's account are judged by `iam`, the bucket's policy included. This module judges the
others: callers without a signature, those of other accounts, and the root of the own account, which a Deny hits too.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from functools import partial
from typing import Any

from localstack.aws import handlers
from localstack.aws.accounts import get_account_id_from_access_key_id
from localstack.aws.api import CommonServiceException

from ..iam.actions import Call, Need, needs_of
from ..iam.enforcement import about_request, access_key_of, call_of, caller_of, compiled, rights_of
from ..iam.patterns import Context
from ..iam.policy import Decision, Principal, Request, decide_by_resource
from ..iam.s3_actions import listing_need
from . import deletions, ownership
from .buckets import bucket_of
from .public_access import grants_to_everyone, is_public_acl, is_public_policy

OF_THE_POLICY = frozenset({"DeleteBucketPolicy", "GetBucketPolicy", "PutBucketPolicy"})
"""No Deny keeps the root of the bucket's account from these: a policy that shuts out everyone can be replaced."""

OF_OBJECTS = {"s3:GetObject": "READ", "s3:GetObjectVersion": "READ", "s3:GetObjectAcl": "READ_ACP",
              "s3:GetObjectVersionAcl": "READ_ACP", "s3:PutObjectAcl": "WRITE_ACP"}  # fmt: skip
OF_BUCKETS = {"s3:ListBucket": "READ", "s3:ListBucketVersions": "READ", "s3:ListBucketMultipartUploads": "READ",
              "s3:PutObject": "WRITE", "s3:DeleteObject": "WRITE", "s3:GetBucketAcl": "READ_ACP",
              "s3:PutBucketAcl": "WRITE_ACP"}  # fmt: skip
"""Actions that an access list can allow, and the permission in it: in the object's own list, in the bucket's."""

READING = frozenset({"GetObject", "HeadObject"})


def install() -> None:
    """Judge every call on S3 from now on. To be called after `iam`."""
    deletions.install()
    handlers.serve_custom_service_request_handlers.append(judge)


def judge(chain: Any, context: Any, response: Any) -> None:  # noqa: ARG001
    """Before a call takes effect. Raises CommonServiceException where it is refused."""
    if context.service is None or context.operation is None or context.service.service_name != "s3":
        return
    if context.is_internal_call or context.request.method == "OPTIONS":
        return
    if context.operation.name == "PostObject" and context.request.mimetype != "multipart/form-data":
        return  # LocalStack refuses it
    call = call_of(context)
    name = call.text("Bucket")
    bucket = bucket_of(name)
    is_anonymous = not access_key_of(context)
    if is_anonymous and (not name or call.operation == "CreateBucket"):
        raise denied()
    judge_caller = partial(_judge_anonymous if is_anonymous else _judge_account, context)
    if call.operation == "DeleteObjects":
        deletions.judge_each(context, call, judge_caller)
    else:
        judge_caller(call)
    if bucket is not None:
        ownership.check(call, bucket)
    elif call.operation == "CreateBucket":
        ownership.check_creation(call)


def _judge_anonymous(context: Any, call: Call) -> None:
    about = {**about_request(context), "aws:principaltype": ("Anonymous",)}
    needs = needs_of(call)
    if call.operation in READING and object_of(needs[0], call) is None:
        needs = (*needs, listing_need(call))  # else its caller would learn that it is missing
    if any(not _is_allowed_for_everyone(need, call, about) for need in needs):
        raise denied()


def _judge_account(context: Any, call: Call) -> None:
    """A caller of an account: of the bucket's own, or of another, which the bucket has to let in.

    A role or user of the bucket's own account is `iam`'s to judge.
    """
    caller = caller_of(context)
    account = get_account_id_from_access_key_id(access_key_of(context)) if caller is None else caller.account
    about = about_request(context)
    if caller is None:
        arn = f"arn:aws:iam::{account}:root"
        principal = Principal(frozenset({arn}), account)
        about = {**about, "aws:principaltype": ("Account",), "aws:principalarn": (arn,)}
    else:
        principal = rights_of(caller).principal
    about = {**about, "aws:principalaccount": (account,)}
    for need in needs_of(call):
        bucket = bucket_of(bucket_name_of(need))
        if bucket is None or (account == bucket.bucket_account_id and (caller or call.operation in OF_THE_POLICY)):
            continue
        decision = _by_policy(need, bucket, about, principal)
        if _denies(decision):
            raise denied()
        if account == bucket.bucket_account_id or (decision.allowed and not _is_restricted(bucket)):
            continue
        if not _by_acl(need, call, bucket, is_authenticated=True):
            raise denied()


def _is_restricted(bucket: Any) -> bool:
    """Whether only the bucket's own account may use what its policy makes public."""
    return _blocks(bucket, "RestrictPublicBuckets") and is_public_policy(str(bucket.policy))


def _is_allowed_for_everyone(need: Need, call: Call, about: Context) -> bool:
    bucket = bucket_of(bucket_name_of(need))
    if bucket is None:
        return True  # NoSuchBucket
    decision = _by_policy(need, bucket, about, Principal())
    if decision.allowed and not _is_restricted(bucket):
        return True
    return not _denies(decision) and _by_acl(need, call, bucket, is_authenticated=False)


def _by_policy(need: Need, bucket: Any, about: Context, principal: Principal) -> Decision:
    policies = (compiled(str(bucket.policy)),) if bucket.policy else ()
    request = Request(need.action, need.resource, {**about, **need.context}, principal)
    return decide_by_resource(request, policies)


def _denies(decision: Decision) -> bool:
    return decision.why.startswith("with an explicit deny")


def _by_acl(need: Need, call: Call, bucket: Any, *, is_authenticated: bool) -> bool:
    """Whether an access list allows it: the object's for what is done to it, else the bucket's."""
    if not ownership.has_acls(bucket):
        return False
    if need.action in OF_OBJECTS:
        stored = object_of(need, call)
        acl, permission = (stored.acl if stored is not None else None), OF_OBJECTS[need.action]
    else:
        acl, permission = bucket.acl, OF_BUCKETS.get(need.action, "")
    grants = (acl or {}).get("Grants") or ()
    if not permission or (_blocks(bucket, "IgnorePublicAcls") and is_public_acl(grants)):
        return False
    return grants_to_everyone(grants, permission, is_authenticated=is_authenticated)


def _blocks(bucket: Any, setting: str) -> bool:
    return bool((bucket.public_access_block or {}).get(setting))


def bucket_name_of(need: Need) -> str:
    return need.resource.removeprefix("arn:aws:s3:::").partition("/")[0]


def object_of(need: Need, call: Call) -> Any:
    """The object that the permission is about; None when there is none."""
    bucket, key = bucket_of(bucket_name_of(need)), need.resource.partition("/")[2]
    if bucket is None:
        return None
    version = call.text("VersionId")
    is_versioned = bucket.versioning_status is not None
    stored = bucket.objects.get(key, version or None) if is_versioned else bucket.objects.get(key)
    return stored if hasattr(stored, "acl") else None  # a delete marker has none


def denied() -> CommonServiceException:
    return CommonServiceException("AccessDenied", "Access Denied", status_code=403)
