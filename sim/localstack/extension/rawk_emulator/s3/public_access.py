"""What S3 counts as public, in bucket policies and in access control lists. No part of LocalStack is needed here.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED_USERS = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
PUBLIC_CANNED_ACLS = frozenset({"public-read", "public-read-write", "authenticated-read"})
GRANT_PARAMETERS = ("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")

FIXING_KEYS = frozenset(
    {
        *(
            "aws:principalaccount",
            "aws:principalarn",
            "aws:principalorgid",
            "aws:principalorgpaths",
            "aws:sourceaccount",
        ),
        *("aws:sourcearn", "aws:sourceip", "aws:sourceorgid", "aws:sourceowner", "aws:sourcevpc"),
        "aws:sourcevpce",
        *("aws:userid", "aws:viaawsservice", "aws:vpcsourceip", "s3:dataaccesspointaccount", "s3:dataaccesspointarn"),
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }
)
"""Conditions on these keys, with fixed values, make a statement for everyone one that is not public."""

_FIXING_OPERATORS = (
    "stringequals",
    "stringequalsignorecase",
    "stringlike",
    "arnequals",
    "arnlike",
    "ipaddress",
    "bool",
)


def is_public_policy(document: str) -> bool:
    """Whether a bucket policy allows something to everyone."""
    try:
        statements = json.loads(document).get("Statement", [])
    except (ValueError, AttributeError):
        return False
    listed = statements if isinstance(statements, list) else [statements]
    return any(isinstance(each, Mapping) and _is_public(each) for each in listed)


def _is_public(statement: Mapping[str, Any]) -> bool:
    if statement.get("Effect") != "Allow":
        return False
    if not _is_for_everyone(statement.get("Principal")) and "NotPrincipal" not in statement:
        return False
    return not _has_fixed_condition(statement.get("Condition") or {})


def _is_for_everyone(principal: Any) -> bool:
    if isinstance(principal, Mapping):
        return any("*" in name for kind, names in principal.items() if kind != "Service" for name in _listed(names))
    return bool(principal == "*")


def _has_fixed_condition(block: Mapping[str, Any]) -> bool:
    return any(
        operator.lower().rpartition(":")[2].removesuffix("ifexists") in _FIXING_OPERATORS
        and key.lower() in FIXING_KEYS
        and all(_is_fixed(str(value)) for value in _listed(values))
        for operator, keys in block.items()
        if isinstance(keys, Mapping)
        for key, values in keys.items()
    )


def _is_fixed(value: str) -> bool:
    """A wildcard, a variable, or a network with more than a few addresses does not fix anything."""
    if any(each in value for each in ("*", "?", "${")):
        return False
    _, slash, bits = value.partition("/")
    is_wide = bool(slash) and bits.isdigit() and int(bits) < (32 if ":" in value else 8)
    return not is_wide


def is_public_acl(grants: Iterable[Mapping[str, Any]]) -> bool:
    """Whether an access control list grants something to everyone, or to every AWS account."""
    return any(_group_of(each) in (ALL_USERS, AUTHENTICATED_USERS) for each in grants)


def wants_public_acl(parameters: Mapping[str, Any]) -> bool:
    """Whether a request sets an access control list that is public."""
    if parameters.get("ACL") in PUBLIC_CANNED_ACLS:
        return True
    groups = (ALL_USERS, AUTHENTICATED_USERS)
    if any(group in str(parameters.get(name) or "") for name in GRANT_PARAMETERS for group in groups):
        return True
    return is_public_acl((parameters.get("AccessControlPolicy") or {}).get("Grants") or ())


def grants_to_everyone(grants: Iterable[Mapping[str, Any]], permission: str, *, is_authenticated: bool) -> bool:
    """Whether an access control list grants the permission to everyone, or to every AWS account."""
    groups = (ALL_USERS, AUTHENTICATED_USERS) if is_authenticated else (ALL_USERS,)
    return any(_group_of(each) in groups and each.get("Permission") in (permission, "FULL_CONTROL") for each in grants)


def _group_of(grant: Mapping[str, Any]) -> str:
    return str((grant.get("Grantee") or {}).get("URI") or "")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
