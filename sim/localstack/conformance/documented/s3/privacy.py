"""S3: who may do what with a bucket, its policy, its access lists, its public access block."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from botocore.credentials import Credentials

from sim.localstack.conformance.documented.registry import Checks, expect, expect_error
from sim.localstack.conformance.documented.requests import Http, bucket, role_of, root_of, signed
from sim.localstack.conformance.target import Target

PRIVACY = Checks("S3", "https://docs.aws.amazon.com/AmazonS3/latest/")

BLOCK_PAGE = "userguide/access-control-block-public-access.html"
POLICY_PAGE = "userguide/example-bucket-policies.html"
ACL_PAGE = "userguide/acl-overview.html"
PRINCIPAL_PAGE = "userguide/s3-bucket-user-policy-specifying-principal-intro.html"
OWNERSHIP_PAGE = "userguide/about-object-ownership.html"
EVALUATION_PAGE = "userguide/how-s3-evaluates-access-control.html"

ANOTHER_ACCOUNT = Credentials("888888888888", "test")

CALLS: Mapping[str, Callable[[str], Http]] = {
    "GetObject": lambda name: Http("GET", f"/{name}/one"),
    "HeadObject": lambda name: Http("HEAD", f"/{name}/one"),
    "GetObjectAcl": lambda name: Http("GET", f"/{name}/one?acl"),
    "GetObjectTagging": lambda name: Http("GET", f"/{name}/one?tagging"),
    "PutObject": lambda name: Http("PUT", f"/{name}/two", body=b"x"),
    "DeleteObject": lambda name: Http("DELETE", f"/{name}/one"),
    "CopyObject": lambda name: Http("PUT", f"/{name}/two", {"x-amz-copy-source": f"/{name}/one"}),
    "CreateMultipartUpload": lambda name: Http("POST", f"/{name}/two?uploads"),
    "ListObjectsV2": lambda name: Http("GET", f"/{name}?list-type=2"),
    "ListObjects": lambda name: Http("GET", f"/{name}"),
    "ListObjectVersions": lambda name: Http("GET", f"/{name}?versions"),
    "GetBucketAcl": lambda name: Http("GET", f"/{name}?acl"),
    "GetBucketPolicy": lambda name: Http("GET", f"/{name}?policy"),
    "GetBucketLocation": lambda name: Http("GET", f"/{name}?location"),
    "PutBucketPolicy": lambda name: Http("PUT", f"/{name}?policy", body=b"{}"),
    "DeleteBucket": lambda name: Http("DELETE", f"/{name}"),
}


def _code(operation: str) -> str:
    return "403" if operation.startswith("Head") else "AccessDenied"  # an answer to HEAD has no body


def _declare_private(operation: str, make: Callable[[str], Http]) -> None:
    @PRIVACY.check(f"A private bucket refuses {operation} without a signature: AccessDenied", EVALUATION_PAGE)
    def anonymous(target: Target) -> None:
        with bucket(target) as name:
            expect_error(_code(operation), partial(make(name).send, target))

    @PRIVACY.check(f"A private bucket refuses {operation} to another account: AccessDenied", EVALUATION_PAGE)
    def other_account(target: Target) -> None:
        with bucket(target) as name:
            request = signed(target, "s3", make(name), by=ANOTHER_ACCOUNT)
            expect_error(_code(operation), partial(request.send, target))


for _operation, _make in CALLS.items():
    _declare_private(_operation, _make)

PRIVACY.refuses(
    "AccessDenied",
    "CreateBucket without a signature",
    EVALUATION_PAGE,
    lambda target: Http("PUT", f"/{target.new_name()}").send(target),
)
PRIVACY.refuses(
    "NoSuchBucket",
    "A key in a bucket that does not exist, without a signature,",
    EVALUATION_PAGE,
    lambda target: Http("GET", f"/{target.new_name()}/one").send(target),
)


# ---- bucket policies ----


def statement(name: str, action: Any = "s3:GetObject", **more: Any) -> dict[str, Any]:
    """An Allow for everyone on the bucket and its objects."""
    both = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    return {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": both, **more}


def put_policy(target: Target, name: str, *statements: Mapping[str, Any]) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    target.client("s3").put_bucket_policy(Bucket=name, Policy=document)


@contextmanager
def open_bucket(target: Target, *, with_acls: bool = False, **block: bool) -> Iterator[str]:
    """A bucket whose public access block has these settings only."""
    with bucket(target) as name:
        s3 = target.client("s3")
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
        if with_acls:
            rules = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
            s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=rules)
        yield name


def get(target: Target, name: str, key: str = "one") -> str:
    return Http("GET", f"/{name}/{key}").send(target)


@PRIVACY.check("A policy that allows everyone makes objects public", POLICY_PAGE)
def public_policy(target: Target) -> None:
    with open_bucket(target) as name:
        expect_error("AccessDenied", lambda: get(target, name))
        put_policy(target, name, statement(name))
        expect("the content", get(target, name), "content")
        expect_error("AccessDenied", lambda: CALLS["PutObject"](name).send(target))
        target.client("s3").delete_bucket_policy(Bucket=name)
        expect_error("AccessDenied", lambda: get(target, name))


@PRIVACY.check("Who may not list a bucket does not learn that a key is missing: AccessDenied", "API/API_GetObject.html")
def missing_key(target: Target) -> None:
    with open_bucket(target) as name:
        put_policy(target, name, statement(name))
        expect_error("AccessDenied", lambda: get(target, name, "missing"))
        put_policy(target, name, statement(name, ["s3:GetObject", "s3:ListBucket"]))
        expect_error("NoSuchKey", lambda: get(target, name, "missing"))


@PRIVACY.check("A policy counts for its resources only", POLICY_PAGE)
def resources(target: Target) -> None:
    with open_bucket(target) as name:
        target.client("s3").put_object(Bucket=name, Key="public/two", Body=b"two")
        put_policy(target, name, statement(name, Resource=f"arn:aws:s3:::{name}/public/*"))
        expect("the content", get(target, name, "public/two"), "two")
        expect_error("AccessDenied", lambda: get(target, name))


def _declare_condition(claim: str, holds: Mapping[str, Any], fails: Mapping[str, Any]) -> None:
    @PRIVACY.check(f"A condition of a policy decides: {claim}", "userguide/amazon-s3-policy-keys.html")
    def check(target: Target) -> None:
        with open_bucket(target) as name:
            put_policy(target, name, statement(name, Condition=fails))
            expect_error("AccessDenied", lambda: get(target, name))
            put_policy(target, name, statement(name, Condition=holds))
            expect("the content", get(target, name), "content")


for _operator, _key, _holds, _fails in (
    ("Bool", "aws:SecureTransport", "true", "false"),
    ("IpAddress", "aws:SourceIp", "127.0.0.0/8", "192.0.2.0/24"),
    ("StringEquals", "aws:PrincipalType", "Anonymous", "User"),
    ("DateLessThan", "aws:CurrentTime", "2999-01-01T00:00:00Z", "2001-01-01T00:00:00Z"),
    ("Null", "aws:Referer", "true", "false"),
):
    _declare_condition(f"{_operator} {_key}", {_operator: {_key: _holds}}, {_operator: {_key: _fails}})


@PRIVACY.check("A Deny wins over an Allow", POLICY_PAGE)
def deny_wins(target: Target) -> None:
    with open_bucket(target) as name:
        put_policy(target, name, statement(name), {**statement(name), "Effect": "Deny"})
        expect_error("AccessDenied", lambda: get(target, name))


@PRIVACY.check("A Deny for everyone hits the owner of the bucket, too", EVALUATION_PAGE)
def deny_hits_owner(target: Target) -> None:
    with bucket(target) as name:
        put_policy(target, name, {**statement(name), "Effect": "Deny"})
        expect_error("AccessDenied", lambda: target.client("s3").get_object(Bucket=name, Key="one"))
        target.client("s3").list_objects_v2(Bucket=name)


@PRIVACY.check("The owner may replace a policy that denies everything to everyone", "API/API_PutBucketPolicy.html")
def shut_out(target: Target) -> None:
    with bucket(target) as name:
        put_policy(target, name, {**statement(name, "s3:*"), "Effect": "Deny"})
        expect_error("AccessDenied", lambda: target.client("s3").list_objects_v2(Bucket=name))
        target.client("s3").get_bucket_policy(Bucket=name)
        target.client("s3").delete_bucket_policy(Bucket=name)
        target.client("s3").list_objects_v2(Bucket=name)


def _by_another(target: Target, name: str, operation: str = "GetObject") -> str:
    return signed(target, "s3", CALLS[operation](name), by=ANOTHER_ACCOUNT).send(target)


for _principal in (
    {"AWS": "888888888888"},
    {"AWS": "arn:aws:iam::888888888888:root"},
    {"AWS": ["arn:aws:iam::777777777777:root", "arn:aws:iam::888888888888:root"]},
):

    @PRIVACY.check(f"A policy lets another account in: {json.dumps(_principal)}", PRINCIPAL_PAGE)
    def account_of_policy(target: Target, principal: Any = _principal) -> None:
        with bucket(target) as name:
            put_policy(target, name, statement(name, Principal=principal))
            expect("the content", _by_another(target, name), "content")
            expect_error("AccessDenied", lambda: _by_another(target, name, "DeleteObject"))
            expect_error("AccessDenied", lambda: get(target, name))


@PRIVACY.check("The rights of a role in another account do not suffice: the bucket has to let it in", EVALUATION_PAGE)
def role_of_another_account(target: Target) -> None:
    with bucket(target) as name, role_of(target, ANOTHER_ACCOUNT, "*") as (arn, by):
        expect_error("AccessDenied", lambda: signed(target, "s3", CALLS["GetObject"](name), by=by).send(target))
        put_policy(target, name, statement(name, Principal={"AWS": arn}))
        expect("the content", signed(target, "s3", CALLS["GetObject"](name), by=by).send(target), "content")


@PRIVACY.check("A role of the account needs an Allow of its own or of the bucket", EVALUATION_PAGE)
def role_of_the_account(target: Target) -> None:
    with bucket(target) as name, role_of(target, root_of(target), "s3:ListBucket") as (arn, by):
        expect_error("AccessDenied", lambda: signed(target, "s3", CALLS["GetObject"](name), by=by).send(target))
        put_policy(target, name, statement(name, Principal={"AWS": arn}))
        expect("the content", signed(target, "s3", CALLS["GetObject"](name), by=by).send(target), "content")


# ---- the public access block ----


@PRIVACY.check("A new bucket blocks all public access", BLOCK_PAGE)
def blocked_by_default(target: Target) -> None:
    with bucket(target) as name:
        found = target.client("s3").get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
        names = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
        expect("the settings", found, dict.fromkeys(names, True))


@PRIVACY.check("BlockPublicPolicy refuses a public policy: AccessDenied", BLOCK_PAGE)
def block_public_policy(target: Target) -> None:
    with open_bucket(target, BlockPublicPolicy=True) as name:
        expect_error("AccessDenied", lambda: put_policy(target, name, statement(name)))
        expect_error("AccessDenied", lambda: put_policy(target, name, statement(name, Principal={"AWS": "*"})))


for _claim, _more in (
    ("whose principal is an account", {"Principal": {"AWS": "888888888888"}}),
    ("for everyone from a few addresses", {"Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}),
    ("for everyone of one account", {"Condition": {"StringEquals": {"aws:SourceAccount": "888888888888"}}}),
    ("that denies something to everyone", {"Effect": "Deny", "Action": "s3:DeleteBucket"}),
    ("whose principal is a service", {"Principal": {"Service": "logging.s3.amazonaws.com"}}),
):

    @PRIVACY.check(f"BlockPublicPolicy accepts a policy {_claim}", BLOCK_PAGE)
    def not_public(target: Target, more: Any = _more) -> None:
        with open_bucket(target, BlockPublicPolicy=True) as name:
            put_policy(target, name, statement(name, **more))


for _claim, _condition in (
    ("whose condition has a wildcard", {"StringLike": {"aws:SourceVpc": "vpc-*"}}),
    ("whose condition says nothing of the caller", {"StringEquals": {"s3:x-amz-acl": "private"}}),
    ("for everyone from half of all addresses", {"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}),
):

    @PRIVACY.check(f"BlockPublicPolicy refuses a policy {_claim}: AccessDenied", BLOCK_PAGE)
    def still_public(target: Target, condition: Any = _condition) -> None:
        with open_bucket(target, BlockPublicPolicy=True) as name:
            expect_error("AccessDenied", lambda: put_policy(target, name, statement(name, Condition=condition)))


@PRIVACY.check("RestrictPublicBuckets keeps everyone out of a bucket with a public policy", BLOCK_PAGE)
def restrict_public_buckets(target: Target) -> None:
    with open_bucket(target) as name:
        put_policy(target, name, statement(name))
        block = {"RestrictPublicBuckets": True}
        target.client("s3").put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
        expect_error("AccessDenied", lambda: get(target, name))
        expect_error("AccessDenied", lambda: _by_another(target, name))
        target.client("s3").get_object(Bucket=name, Key="one")


# ---- access lists ----


def _put_object(target: Target, name: str, **more: Any) -> None:
    target.client("s3").put_object(Bucket=name, Key="two", Body=b"two", **more)


@PRIVACY.check("An object with the list public-read is public, its bucket is not", ACL_PAGE)
def public_object(target: Target) -> None:
    with open_bucket(target, with_acls=True) as name:
        _put_object(target, name, ACL="public-read")
        expect("the content", get(target, name, "two"), "two")
        expect_error("AccessDenied", lambda: get(target, name))
        expect_error("AccessDenied", lambda: CALLS["ListObjectsV2"](name).send(target))


@PRIVACY.check("A bucket with the list public-read can be listed, its objects stay private", ACL_PAGE)
def public_bucket(target: Target) -> None:
    with open_bucket(target, with_acls=True) as name:
        target.client("s3").put_bucket_acl(Bucket=name, ACL="public-read")
        expect("whether the key is listed", "<Key>one</Key>" in CALLS["ListObjectsV2"](name).send(target), True)
        expect_error("AccessDenied", lambda: get(target, name))
        expect_error("AccessDenied", lambda: CALLS["PutObject"](name).send(target))


@PRIVACY.check("A bucket with the list public-read-write takes objects of everyone", ACL_PAGE)
def writable_bucket(target: Target) -> None:
    with open_bucket(target, with_acls=True) as name:
        target.client("s3").put_bucket_acl(Bucket=name, ACL="public-read-write")
        CALLS["PutObject"](name).send(target)


@PRIVACY.check("authenticated-read is for every AWS account, and not for a request without a signature", ACL_PAGE)
def authenticated_read(target: Target) -> None:
    with open_bucket(target, with_acls=True) as name:
        target.client("s3").put_object_acl(Bucket=name, Key="one", ACL="authenticated-read")
        expect("the content", _by_another(target, name), "content")
        expect_error("AccessDenied", lambda: get(target, name))


@PRIVACY.check("IgnorePublicAcls takes no list for public", BLOCK_PAGE)
def ignore_public_acls(target: Target) -> None:
    with open_bucket(target, with_acls=True) as name:
        _put_object(target, name, ACL="public-read")
        block = {"IgnorePublicAcls": True}
        target.client("s3").put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
        expect_error("AccessDenied", lambda: get(target, name, "two"))


ANY_ACCOUNT = "authenticated-read"
GROUP = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
PUBLIC_ACLS: Mapping[str, Callable[[Any, str], object]] = {
    "PutBucketAcl with public-read": lambda s3, name: s3.put_bucket_acl(Bucket=name, ACL="public-read"),
    "PutObjectAcl with public-read": lambda s3, name: s3.put_object_acl(Bucket=name, Key="one", ACL="public-read"),
    "PutObject with public-read": lambda s3, name: s3.put_object(Bucket=name, Key="two", ACL="public-read"),
    "PutObject with authenticated-read": lambda s3, name: s3.put_object(Bucket=name, Key="t", ACL=ANY_ACCOUNT),
    "PutObjectAcl with a grant to everyone": lambda s3, name: s3.put_object_acl(
        Bucket=name, Key="one", GrantRead=GROUP
    ),
    "CopyObject with public-read": lambda s3, name: s3.copy_object(
        Bucket=name, Key="two", CopySource=f"{name}/one", ACL="public-read"
    ),
    "CreateMultipartUpload with public-read": lambda s3, name: s3.create_multipart_upload(
        Bucket=name, Key="two", ACL="public-read"
    ),
}  # fmt: skip

for _what, _call in PUBLIC_ACLS.items():

    @PRIVACY.check(f"BlockPublicAcls refuses {_what}: AccessDenied", BLOCK_PAGE)
    def block_public_acls(target: Target, call: Any = _call) -> None:
        with open_bucket(target, with_acls=True, BlockPublicAcls=True) as name:
            expect_error("AccessDenied", lambda: call(target.client("s3"), name))

    @PRIVACY.check(f"BucketOwnerEnforced refuses {_what}: AccessControlListNotSupported", OWNERSHIP_PAGE)
    def owner_enforced(target: Target, call: Any = _call) -> None:
        with open_bucket(target) as name:
            expect_error("AccessControlListNotSupported", lambda: call(target.client("s3"), name))


@PRIVACY.check("A new bucket has the ownership BucketOwnerEnforced", OWNERSHIP_PAGE)
def ownership_by_default(target: Target) -> None:
    with bucket(target) as name:
        found = target.client("s3").get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]
        expect("the rules", found, {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})


@PRIVACY.check("BucketOwnerEnforced refuses even the list private: AccessControlListNotSupported", OWNERSHIP_PAGE)
def private_list(target: Target) -> None:
    with bucket(target) as name:
        s3 = target.client("s3")
        expect_error("AccessControlListNotSupported", lambda: s3.put_bucket_acl(Bucket=name, ACL="private"))


@PRIVACY.check("BucketOwnerEnforced accepts an upload with bucket-owner-full-control", OWNERSHIP_PAGE)
def full_control(target: Target) -> None:
    with bucket(target) as name:
        _put_object(target, name, ACL="bucket-owner-full-control")


PRIVACY.refuses(
    "InvalidBucketAclWithObjectOwnership",
    "CreateBucket with public-read and no ownership that allows lists",
    "API/API_CreateBucket.html",
    lambda target: target.client("s3").create_bucket(Bucket=target.new_name(), ACL="public-read"),
)
PRIVACY.refuses(
    "InvalidBucketAclWithBlockPublicAccessError",
    "CreateBucket with public-read and the ownership ObjectWriter",
    BLOCK_PAGE,
    lambda target: target.client("s3").create_bucket(
        Bucket=target.new_name(), ACL="public-read", ObjectOwnership="ObjectWriter"
    ),
)
