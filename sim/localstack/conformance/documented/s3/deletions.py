"""S3: DeleteObjects answers object by object."""

import re
from collections.abc import Sequence
from typing import Any

from botocore.credentials import Credentials

from sim.localstack.conformance.documented.registry import Checks, expect, expect_error
from sim.localstack.conformance.documented.requests import Http, bucket, role_of, root_of, signed
from sim.localstack.conformance.documented.s3.privacy import ANOTHER_ACCOUNT, open_bucket, put_policy, statement
from sim.localstack.conformance.documented.signatures import WRONG
from sim.localstack.conformance.target import Target

DELETIONS = Checks("S3", "https://docs.aws.amazon.com/AmazonS3/latest/API/")

PAGE = "API_DeleteObjects.html"
KEYS = ("in/a", "keep/b", "in/c")

_DELETED = re.compile(r"<Deleted>.*?<Key>(.*?)</Key>", re.DOTALL)
_REFUSED = re.compile(r"<Error>.*?</Error>", re.DOTALL)


def _request(name: str, keys: Sequence[str] = KEYS, *, quiet: bool = False, version: str = "") -> Http:
    asked = f"<VersionId>{version}</VersionId>" if version else ""
    objects = "".join(f"<Object><Key>{key}</Key>{asked}</Object>" for key in keys)
    body = f"<Delete>{objects}{'<Quiet>true</Quiet>' if quiet else ''}</Delete>"
    return Http("POST", f"/{name}?delete", body=body.encode())


def _outcome(answer: str) -> tuple[list[str], dict[str, str]]:
    """The keys that were deleted, and the error codes of the others."""
    errors = {_text(each, "Key"): _text(each, "Code") for each in _REFUSED.findall(answer)}
    return sorted(_DELETED.findall(answer)), errors


def _text(xml: str, name: str) -> str:
    found = re.search(f"<{name}>(.*?)</{name}>", xml)
    return found[1] if found else ""


def _fill(target: Target, name: str) -> None:
    for key in KEYS:
        target.client("s3").put_object(Bucket=name, Key=key, Body=b"content")


def _keys_in(target: Target, name: str) -> set[str]:
    listed = target.client("s3").list_objects_v2(Bucket=name).get("Contents", [])
    return {each["Key"] for each in listed} - {"one"}


def _denial(name: str, prefix: str = "keep/", action: str = "s3:DeleteObject*") -> dict[str, Any]:
    return {**statement(name, action), "Effect": "Deny", "Resource": f"arn:aws:s3:::{name}/{prefix}*"}


def _expect_none_deleted(target: Target, name: str, answer: str) -> None:
    expect("the outcome", _outcome(answer), ([], dict.fromkeys(KEYS, "AccessDenied")))
    expect("the keys", _keys_in(target, name), set(KEYS))


@DELETIONS.check("DeleteObjects without a signature deletes nothing in a private bucket, and says so by object", PAGE)
def anonymous(target: Target) -> None:
    with bucket(target) as name:
        _fill(target, name)
        _expect_none_deleted(target, name, _request(name).send(target))


@DELETIONS.check("DeleteObjects by another account deletes nothing in a private bucket, and says so by object", PAGE)
def other_account(target: Target) -> None:
    with bucket(target) as name:
        _fill(target, name)
        _expect_none_deleted(target, name, signed(target, "s3", _request(name), by=ANOTHER_ACCOUNT).send(target))


@DELETIONS.check("DeleteObjects by a role without the right deletes nothing, and says so by object", PAGE)
def role_without_right(target: Target) -> None:
    with bucket(target) as name, role_of(target, root_of(target), "s3:GetObject") as (_, keys):
        _fill(target, name)
        _expect_none_deleted(target, name, signed(target, "s3", _request(name), by=keys).send(target))


@DELETIONS.check("DeleteObjects deletes what its caller may delete, and names the others as errors", PAGE)
def some_for_everyone(target: Target) -> None:
    with open_bucket(target) as name:
        _fill(target, name)
        put_policy(target, name, {**statement(name, "s3:DeleteObject"), "Resource": f"arn:aws:s3:::{name}/in/*"})
        outcome = _outcome(_request(name).send(target))
        expect("the outcome", outcome, (["in/a", "in/c"], {"keep/b": "AccessDenied"}))
        expect("the keys", _keys_in(target, name), {"keep/b"})


def _declare_denials() -> None:
    """A Deny of the bucket's policy hits a role and the account's root."""
    for title, with_role in {"a role": True, "the account's root": False}.items():
        for quiet in (False, True):

            @DELETIONS.check(
                f"A Deny for some objects hits those alone in a{' quiet' if quiet else ''} DeleteObjects by {title}",
                PAGE,
            )
            def denied(target: Target, with_role: bool = with_role, quiet: bool = quiet) -> None:
                root = root_of(target)
                with bucket(target) as name, role_of(target, root, "s3:*") as (_, keys):
                    _fill(target, name)
                    put_policy(target, name, _denial(name))
                    request = signed(target, "s3", _request(name, quiet=quiet), by=keys if with_role else root)
                    deleted = [] if quiet else ["in/a", "in/c"]
                    expect("the outcome", _outcome(request.send(target)), (deleted, {"keep/b": "AccessDenied"}))
                    expect("the keys", _keys_in(target, name), {"keep/b"})


_declare_denials()


@DELETIONS.check("DeleteObjects of a version needs s3:DeleteObjectVersion, and an error names the version", PAGE)
def versions(target: Target) -> None:
    s3 = target.client("s3")
    with bucket(target) as name, role_of(target, root_of(target), "s3:DeleteObject") as (_, keys):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        version = s3.put_object(Bucket=name, Key="in/a", Body=b"content")["VersionId"]
        answer = signed(target, "s3", _request(name, ["in/a"], version=version), by=keys).send(target)
        expect("the outcome", _outcome(answer), ([], {"in/a": "AccessDenied"}))
        expect("the version in the error", _text(answer, "VersionId"), version)
        s3.head_object(Bucket=name, Key="in/a", VersionId=version)
        for each in s3.list_object_versions(Bucket=name)["Versions"]:
            s3.delete_object(Bucket=name, Key=each["Key"], VersionId=each["VersionId"])


@DELETIONS.check("An object that is not there is deleted all the same, beside one that may not be", PAGE)
def missing_objects(target: Target) -> None:
    with bucket(target) as name:
        _fill(target, name)
        put_policy(target, name, _denial(name))
        request = signed(target, "s3", _request(name, ["keep/b", "in/nothing"]))
        expect("the outcome", _outcome(request.send(target)), (["in/nothing"], {"keep/b": "AccessDenied"}))


def _refused_as_a_whole(code: str, what: str, by: Credentials | None, exists: bool) -> None:
    @DELETIONS.check(f"DeleteObjects {what} is refused as a whole: {code}", PAGE)
    def check(target: Target) -> None:
        with bucket(target) as name:
            request = signed(target, "s3", _request(name if exists else target.new_name()), by=by)
            expect_error(code, lambda: request.send(target))


_refused_as_a_whole("SignatureDoesNotMatch", "under another secret", WRONG, exists=True)
_refused_as_a_whole("NoSuchBucket", "in a bucket that does not exist", None, exists=False)


@DELETIONS.check("DeleteObjects by a role without the right in a bucket that does not exist: NoSuchBucket", PAGE)
def role_in_no_bucket(target: Target) -> None:
    with role_of(target, root_of(target), "s3:GetObject") as (_, keys):
        request = signed(target, "s3", _request(target.new_name()), by=keys)
        expect_error("NoSuchBucket", lambda: request.send(target))
