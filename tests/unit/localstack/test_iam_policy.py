"""IAM's decision: an explicit deny wins, without an allow nothing is allowed, and what is unknown fails closed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.localstack.extension.rawk_emulator.iam.policy import (
    Limits,
    MalformedPolicy,
    Policy,
    Principal,
    Request,
    decide,
    decide_by_resource,
    policy_of,
)

AUDIO = "arn:aws:s3:::audio/acme/one"
READ = Request("s3:GetObject", AUDIO)


def statement(
    effect: str = "Allow", action: Any = "s3:GetObject", resource: Any = AUDIO, **more: Any
) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def policy(*statements: dict[str, Any], version: str = "2012-10-17") -> Policy:
    return Policy({"Version": version, "Statement": list(statements)})


def allowed(*statements: dict[str, Any], request: Request = READ) -> bool:
    return decide(request, [policy(*statements)]).allowed


def about(**context: str) -> Request:
    return Request(READ.action, READ.resource, {f"aws:{key}": (value,) for key, value in context.items()})


def test_without_a_policy_nothing_is_allowed() -> None:
    refused = decide(READ, [])
    assert not refused.allowed
    assert refused.why == "because no identity-based policy allows the s3:GetObject action"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObject", AUDIO),
        ("S3:getobject", AUDIO),
        ("s3:Get*", "arn:aws:s3:::audio/*"),
        ("*", "*"),
        (["s3:PutObject", "s3:GetObject"], ["arn:aws:s3:::other/*", "arn:aws:s3:::audio/acme/on?"]),
    ],
)
def test_a_matching_allow_allows(action: object, resource: object) -> None:
    assert allowed(statement(action=action, resource=resource))


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:PutObject", AUDIO),
        ("s3:Get", AUDIO),
        ("s3:GetObject", "arn:aws:s3:::AUDIO/acme/one"),
        ("s3:GetObject", "arn:aws:s3:::audio"),
        ("s3:GetObject", "arn:aws:s3:::audio/acme/one?"),
    ],
)
def test_an_allow_that_does_not_match_allows_nothing(action: str, resource: str) -> None:
    assert not allowed(statement(action=action, resource=resource))


def test_an_explicit_deny_wins_in_any_position() -> None:
    allow, deny = policy(statement()), policy(statement("Deny", "s3:*", "*"))
    for policies in ([allow, deny], [deny, allow]):
        decision = decide(READ, policies)
        assert not decision.allowed
        assert decision.why == "with an explicit deny in an identity-based policy"


def test_not_action_and_not_resource() -> None:
    but_delete = {"Effect": "Allow", "NotAction": "s3:Delete*", "NotResource": "arn:aws:s3:::secret/*"}
    assert allowed(but_delete)
    assert not allowed(but_delete, request=Request("s3:DeleteObject", AUDIO))
    assert not allowed(but_delete, request=Request("s3:GetObject", "arn:aws:s3:::secret/x"))


@pytest.mark.parametrize(
    ("operator", "key", "value", "holds"),
    [
        ("StringEquals", "aws:username", "ann", True),
        ("StringEquals", "aws:username", "Ann", False),
        ("StringEqualsIgnoreCase", "aws:username", "ANN", True),
        ("StringNotEquals", "aws:username", "bob", True),
        ("StringLike", "aws:username", "a*", True),
        ("StringNotLike", "aws:username", "a*", False),
        ("StringEquals", "aws:username", ["bob", "ann"], True),
        ("ArnLike", "aws:sourcearn", "arn:aws:events:*:*:rule/relay", True),
        ("ArnEquals", "aws:sourcearn", "arn:aws:events:us-east-1:1:rule/other", False),
        ("Bool", "aws:securetransport", "true", True),
        ("Bool", "aws:securetransport", "false", False),
        ("NumericLessThan", "aws:epochtime", "2000", True),
        ("NumericGreaterThanEquals", "aws:epochtime", "2000", False),
        ("DateGreaterThan", "aws:currenttime", "2026-01-01T00:00:00Z", True),
        ("DateLessThan", "aws:currenttime", "2026-01-01T00:00:00Z", False),
        ("IpAddress", "aws:sourceip", "10.0.0.0/8", True),
        ("NotIpAddress", "aws:sourceip", "10.0.0.0/8", False),
        ("Null", "aws:useragent", "true", True),
        ("Null", "aws:username", "true", False),
        ("StringEqualsIfExists", "aws:useragent", "curl", True),
        ("StringEquals", "aws:useragent", "curl", False),
        ("StringNotEquals", "aws:useragent", "curl", True),
    ],
)
def test_conditions(operator: str, key: str, value: object, holds: bool) -> None:
    request = about(
        username="ann",
        sourcearn="arn:aws:events:us-east-1:1:rule/relay",
        securetransport="true",
        epochtime="1000",
        currenttime="2026-11-21T00:00:00Z",
        sourceip="10.1.2.3",
    )
    assert allowed(statement(Condition={operator: {key: value}}), request=request) is holds


def test_every_condition_has_to_hold() -> None:
    both = {"StringEquals": {"aws:username": "ann"}, "Bool": {"aws:securetransport": "true"}}
    assert allowed(statement(Condition=both), request=about(username="ann", securetransport="true"))
    assert not allowed(statement(Condition=both), request=about(username="ann", securetransport="false"))


@pytest.mark.parametrize(
    "condition", [{"StringEquals": {"aws:phaseofmoon": "full"}}, {"LooksLike": {"aws:username": "ann"}}]
)
def test_an_unknown_condition_allows_nothing_and_denies_everything(condition: dict[str, Any]) -> None:
    request = about(username="ann")
    assert not allowed(statement(Condition=condition), request=request)
    assert not allowed(statement(), statement("Deny", Condition=condition), request=request)


def test_a_variable_is_replaced_by_a_value_of_the_request() -> None:
    own = statement(resource="arn:aws:s3:::audio/${aws:username}/*")
    assert allowed(own, request=about(username="acme"))
    assert not allowed(own, request=about(username="globex"))
    assert not allowed(own)
    assert not allowed(statement(), statement("Deny", resource="arn:aws:s3:::audio/${aws:username}/*"))


def test_boundaries_grant_nothing_but_their_allow_is_required() -> None:
    reads, writes = policy(statement()), policy(statement(action="s3:PutObject"))
    assert decide(READ, [reads], limits=Limits(boundary=reads, session=(reads,))).allowed
    assert not decide(READ, [reads], limits=Limits(boundary=writes)).allowed
    assert not decide(READ, [reads], limits=Limits(session=())).allowed
    assert not decide(READ, [], limits=Limits(boundary=reads)).allowed


def test_a_resource_policy_allows_the_principals_that_it_names() -> None:
    relay = "arn:aws:events:us-east-1:1:rule/relay"
    lets_rule = statement(
        Principal={"Service": "events.amazonaws.com"}, Condition={"ArnLike": {"aws:SourceArn": relay}}
    )
    by_rule = Request(READ.action, AUDIO, {"aws:sourcearn": (relay,)}, Principal(service="events.amazonaws.com"))
    by_other = Request(READ.action, AUDIO, {"aws:sourcearn": (relay,)}, Principal(service="sns.amazonaws.com"))
    assert decide_by_resource(by_rule, [policy(lets_rule)]).allowed
    assert not decide_by_resource(by_other, [policy(lets_rule)]).allowed
    assert not decide_by_resource(by_rule, [policy(lets_rule), policy(statement("Deny", Principal="*"))]).allowed


@pytest.mark.parametrize(
    "document",
    [
        "no JSON",
        "[]",
        "{}",
        json.dumps({"Statement": "x"}),
        json.dumps({"Statement": {"Effect": "Maybe", "Action": "*", "Resource": "*"}}),
        json.dumps({"Statement": {"Effect": "Allow", "Action": [], "Resource": "*"}}),
        json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}}),
        json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": "x"}}),
    ],
)
def test_a_malformed_policy_refuses_everything(document: str) -> None:
    with pytest.raises(MalformedPolicy):
        Policy(document)
    assert not decide(READ, [policy(statement()), policy_of(document)]).allowed


actions = st.sampled_from(["s3:GetObject", "s3:PutObject", "sqs:SendMessage", "s3:*", "*"])
effects = st.sampled_from(["Allow", "Deny"])
statements = st.builds(lambda effect, action: statement(effect, action, "*"), effects, actions)


@given(st.lists(st.lists(statements, max_size=3), max_size=4), st.randoms(use_true_random=False))
def test_the_decision_does_not_depend_on_order_or_grouping(groups: list[list[dict[str, Any]]], randomness: Any) -> None:
    policies = [policy(*group) for group in groups]
    flat = [each for group in groups for each in group]
    randomness.shuffle(flat)
    assert decide(READ, policies).allowed == decide(READ, [policy(each) for each in flat]).allowed


@given(st.lists(statements, max_size=5))
def test_a_deny_never_allows_more_and_an_allow_never_less(written: list[dict[str, Any]]) -> None:
    before = allowed(*written)
    assert allowed(*written, statement("Deny", "s3:GetObject", "*")) is False
    assert allowed(*written, statement("Allow", "s3:GetObject", "*")) >= before
