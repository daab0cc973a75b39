"""What S3 counts as public (Amazon S3 User Guide, "The meaning of public")."""

import json
from typing import Any

import pytest

from sim.localstack.extension.rawk_emulator.s3.public_access import (
    ALL_USERS,
    AUTHENTICATED_USERS,
    grants_to_everyone,
    is_public_acl,
    is_public_policy,
    wants_public_acl,
)


def policy(**changes: Any) -> str:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **changes}]})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Principal": {"AWS": "*"}},
        {"Principal": {"AWS": ["arn:aws:iam::111122223333:root", "*"]}},
        {"Principal": {"CanonicalUser": "*"}},
        {"Condition": {"StringLike": {"aws:SourceVpc": "vpc-*"}}},
        {"Condition": {"StringEquals": {"aws:UserAgent": "mine"}}},
        {"Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-91237329"}}},
        {"Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}},
        {"Condition": {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "0.0.0.0/1"]}}},
        {"Condition": {"IpAddress": {"aws:SourceIp": "2001::/8"}}},
        {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "${aws:PrincipalOrgID}"}}},
    ],
)
def test_a_policy_for_everyone_is_public(changes: dict[str, Any]) -> None:
    assert is_public_policy(policy(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"Effect": "Deny"},
        {"Principal": {"AWS": "111122223333"}},
        {"Principal": {"AWS": "arn:aws:iam::111122223333:role/reader"}},
        {"Principal": {"Service": "cloudtrail.amazonaws.com"}},
        {"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-91237329"}}},
        {"Condition": {"StringLike": {"aws:PrincipalOrgID": ["o-a", "o-b"]}}},
        {"Condition": {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "198.51.100.7"]}}},
        {"Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::other"}}},
        {"Condition": {"StringEqualsIfExists": {"AWS:SourceAccount": "111122223333"}}},
        {"Condition": {"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": "o-a/r-b/"}}},
    ],
)
def test_a_policy_for_named_callers_is_not_public(changes: dict[str, Any]) -> None:
    assert not is_public_policy(policy(**changes))


def test_one_public_statement_makes_a_policy_public() -> None:
    statements = [json.loads(policy(**each))["Statement"][0] for each in ({"Effect": "Deny"}, {})]
    assert is_public_policy(json.dumps({"Statement": statements}))
    assert is_public_policy(json.dumps({"Statement": statements[1]}))
    assert not is_public_policy(json.dumps({"Statement": statements[0]}))


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '"text"', "{}", '{"Statement": ["text"]}'])
def test_what_is_no_policy_is_not_public(text: str) -> None:
    assert not is_public_policy(text)


def grant(group: str, permission: str = "READ") -> dict[str, Any]:
    return {"Grantee": {"Type": "Group", "URI": group}, "Permission": permission}


OWNER = {"Grantee": {"Type": "CanonicalUser", "ID": "75aa"}, "Permission": "FULL_CONTROL"}


def test_a_list_with_a_grant_to_a_group_of_everyone_is_public() -> None:
    assert is_public_acl([OWNER, grant(ALL_USERS)])
    assert is_public_acl([grant(AUTHENTICATED_USERS)])
    assert not is_public_acl([OWNER, grant("http://acs.amazonaws.com/groups/s3/LogDelivery")])


@pytest.mark.parametrize(
    ("parameters", "public"),
    [
        ({"ACL": "public-read"}, True),
        ({"ACL": "authenticated-read"}, True),
        ({"GrantRead": f'uri="{ALL_USERS}"'}, True),
        ({"GrantFullControl": f'id="75aa", uri="{AUTHENTICATED_USERS}"'}, True),
        ({"AccessControlPolicy": {"Grants": [grant(ALL_USERS)]}}, True),
        ({"ACL": "private"}, False),
        ({"ACL": "bucket-owner-full-control"}, False),
        ({"GrantRead": 'id="75aa"'}, False),
        ({"AccessControlPolicy": {"Grants": [OWNER]}}, False),
        ({}, False),
    ],
)
def test_a_request_may_want_a_public_list(parameters: dict[str, Any], public: bool) -> None:
    assert wants_public_acl(parameters) is public


def test_a_grant_counts_for_its_group_and_permission() -> None:
    grants = [OWNER, grant(AUTHENTICATED_USERS), grant(ALL_USERS, "WRITE"), grant(ALL_USERS, "FULL_CONTROL")]
    assert grants_to_everyone(grants[:2], "READ", is_authenticated=True)
    assert not grants_to_everyone(grants[:2], "READ", is_authenticated=False)
    assert not grants_to_everyone(grants[:3], "READ", is_authenticated=False)
    assert grants_to_everyone(grants[:3], "WRITE", is_authenticated=False)
    assert grants_to_everyone(grants, "READ_ACP", is_authenticated=False)
