"""IAM's policies and deletions, and STS's sessions."""

import json
from collections.abc import Callable
from typing import Any

from sim.localstack.conformance.check import Deviation
from sim.localstack.conformance.documented.registry import Checks, expect, expect_error
from sim.localstack.conformance.documented.smaller.fixtures import policy, role, user
from sim.localstack.conformance.documented.smaller_services import DOCS, ROLE, TRUST, refuse_each
from sim.localstack.conformance.target import Target

IAM = Checks("IAM", f"{DOCS}IAM/latest/APIReference/")
STS = Checks("STS", f"{DOCS}STS/latest/APIReference/")
GRAMMAR = f"{DOCS}IAM/latest/UserGuide/reference_policies_elements_principal.html"
QUOTAS = f"{DOCS}IAM/latest/UserGuide/reference_iam-quotas.html"
MALFORMED, TOO_LARGE, CONFLICT = "MalformedPolicyDocument", "LimitExceeded", "DeleteConflict"
MISSING, EXISTS = "NoSuchEntity", "EntityAlreadyExists"

TRUSTING: dict[str, Any] = {
    "Effect": "Allow",
    "Action": "sts:AssumeRole",
    "Principal": {"Service": "lambda.amazonaws.com"},
}
ALLOWING: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def _without(statement: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in statement.items() if key != name}


WRONG_TRUSTS: dict[str, str] = {
    "no principal": policy(_without(TRUSTING, "Principal")),
    "a resource": policy({**TRUSTING, "Resource": "*"}),
    "an action of S3": policy({**TRUSTING, "Action": "s3:GetObject"}),
    "an action of S3 beside one of STS": policy({**TRUSTING, "Action": ["sts:AssumeRole", "s3:GetObject"]}),
    "no action": policy(_without(TRUSTING, "Action")),
    "no effect": policy(_without(TRUSTING, "Effect")),
    "an unknown effect": policy({**TRUSTING, "Effect": "Permit"}),
    "an unknown kind of principal": policy({**TRUSTING, "Principal": {"User": "x"}}),
    "a principal that is a name": policy({**TRUSTING, "Principal": "lambda.amazonaws.com"}),
    "an account of 11 digits": policy({**TRUSTING, "Principal": {"AWS": "1" * 11}}),
    "a service that is none": policy({**TRUSTING, "Principal": {"Service": "lambda"}}),
    "no statement": json.dumps({"Version": "2012-10-17"}),
    "an unknown version": policy(TRUSTING, version="2026-01-01"),
    "a text that is no JSON": "trust everyone",
    "an empty object": "{}",
    "a list": "[]",
}
for _what, _document in WRONG_TRUSTS.items():

    def _create(target: Target, document: str = _document) -> object:
        return target.client("iam").create_role(RoleName=target.new_name(), AssumeRolePolicyDocument=document)

    def _update(target: Target, document: str = _document) -> None:
        with role(target) as name:
            target.client("iam").update_assume_role_policy(RoleName=name, PolicyDocument=document)

    IAM.refuses(MALFORMED, f"CreateRole with a trust policy with {_what}", GRAMMAR, _create)
    IAM.refuses(MALFORMED, f"UpdateAssumeRolePolicy with {_what}", GRAMMAR, _update)

_TRUSTED: dict[str, Any] = {
    "a service": {"Service": "ecs-tasks.amazonaws.com"},
    "two services": {"Service": ["lambda.amazonaws.com", "scheduler.amazonaws.com"]},
    "an account": {"AWS": "999999999999"},
    "an account's root": {"AWS": "arn:aws:iam::999999999999:root"},
    "everyone": "*",
    "a web identity": {"Federated": "token.actions.githubusercontent.com"},
}
for _what, _principal in _TRUSTED.items():

    def _trusting(target: Target, principal: Any = _principal) -> None:
        with role(target, policy({**TRUSTING, "Principal": principal})):
            pass

    IAM.accepts(f"CreateRole that trusts {_what}", GRAMMAR, _trusting)


def _sized(statement: dict[str, Any], length: int) -> str:
    """A policy of so many characters. Policies of services have no use for blanks: they do not count."""
    spare = length - len(policy({**statement, "Sid": ""}).replace(" ", ""))
    return policy({**statement, "Sid": "s" * spare}).replace(" ", "")


def _trust_of(length: int) -> Callable[[Target], None]:
    def call(target: Target) -> None:
        with role(target, _sized(TRUSTING, length)):
            pass

    return call


def _inline(*documents: str) -> Callable[[Target], None]:
    """Inline policies of one role."""

    def call(target: Target) -> None:
        with role(target) as name:
            for number, each in enumerate(documents):
                target.client("iam").put_role_policy(RoleName=name, PolicyName=f"p{number}", PolicyDocument=each)

    return call


def _of_user(document: str) -> Callable[[Target], None]:
    def call(target: Target) -> None:
        with user(target) as name:
            target.client("iam").put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)

    return call


def _managed(document: str) -> Callable[[Target], None]:
    def call(target: Target) -> None:
        iam = target.client("iam")
        arn = iam.create_policy(PolicyName=target.new_name(), PolicyDocument=document)["Policy"]["Arn"]
        iam.delete_policy(PolicyArn=arn)

    return call


IAM.refuses(TOO_LARGE, "CreateRole with a trust policy of 2049 characters", QUOTAS, _trust_of(2049))
IAM.accepts("CreateRole with a trust policy of 2048 characters", QUOTAS, _trust_of(2048))
IAM.refuses(TOO_LARGE, "An inline policy of 10,241 characters of a role", QUOTAS, _inline(_sized(ALLOWING, 10_241)))
IAM.accepts("An inline policy of 10,240 characters of a role", QUOTAS, _inline(_sized(ALLOWING, 10_240)))
IAM.refuses(TOO_LARGE, "Two inline policies of 10,241 characters together", QUOTAS,
            _inline(_sized(ALLOWING, 5000), _sized(ALLOWING, 5241)))  # fmt: skip
IAM.accepts("Blanks in a policy do not count: 12,000 characters with them", QUOTAS,
            _inline(_sized(ALLOWING, 9000) + " " * 3000))  # fmt: skip
IAM.refuses(TOO_LARGE, "An inline policy of 2049 characters of a user", QUOTAS, _of_user(_sized(ALLOWING, 2049)))
IAM.accepts("An inline policy of 2048 characters of a user", QUOTAS, _of_user(_sized(ALLOWING, 2048)))
IAM.refuses(TOO_LARGE, "A managed policy of 6145 characters", QUOTAS, _managed(_sized(ALLOWING, 6145)))
IAM.accepts("A managed policy of 6144 characters", QUOTAS, _managed(_sized(ALLOWING, 6144)))

for _what, _document in {
    "a principal": policy({**ALLOWING, "Principal": "*"}),
    "a principal that is excepted": policy({**ALLOWING, "NotPrincipal": {"AWS": "*"}}),
    "no resource": policy(_without(ALLOWING, "Resource")),
    "no action": policy(_without(ALLOWING, "Action")),
    "no effect": policy(_without(ALLOWING, "Effect")),
    "an action without a service": policy({**ALLOWING, "Action": "GetObject"}),
    "a resource that is no ARN": policy({**ALLOWING, "Resource": "bucket"}),
    "an unknown version": policy(ALLOWING, version="2026-01-01"),
    "an unknown element": policy({**ALLOWING, "Reason": "x"}),
    "two statements of the same Sid": policy({**ALLOWING, "Sid": "a"}, {**ALLOWING, "Sid": "a"}),
    "a text that is no JSON": "allow",
    "no statement": json.dumps({"Version": "2012-10-17"}),
}.items():
    _page = f"{DOCS}IAM/latest/UserGuide/reference_policies_grammar.html"
    IAM.refuses(MALFORMED, f"PutRolePolicy with {_what}", _page, _inline(_document))
    IAM.refuses(MALFORMED, f"CreatePolicy with {_what}", _page, _managed(_document))

_OF_NOBODY: dict[str, dict[str, Any]] = {
    "GetRole": {"RoleName": "no-such-role"},
    "DeleteRole": {"RoleName": "no-such-role"},
    "PutRolePolicy": {"RoleName": "no-such-role", "PolicyName": "p", "PolicyDocument": policy(ALLOWING)},
    "GetUser": {"UserName": "no-such-user"},
    "DeleteUser": {"UserName": "no-such-user"},
    "AttachRolePolicy": {"RoleName": "no-such-role", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
}
for _operation, _given in _OF_NOBODY.items():
    refuse_each(IAM, "iam", MISSING, _operation, _given, {"an entity that does not exist": {}})


@IAM.check("A role with an inline policy cannot be deleted: DeleteConflict", "API_DeleteRole.html")
def role_with_policy(target: Target) -> None:
    iam = target.client("iam")
    with role(target) as name:
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(ALLOWING))
        expect_error(CONFLICT, lambda: iam.delete_role(RoleName=name))


@IAM.check("A role with a managed policy cannot be deleted: DeleteConflict", "API_DeleteRole.html")
def role_with_managed_policy(target: Target) -> None:
    iam, given = target.client("iam"), "arn:aws:iam::aws:policy/ReadOnlyAccess"
    with role(target) as name:
        iam.attach_role_policy(RoleName=name, PolicyArn=given)
        expect_error(CONFLICT, lambda: iam.delete_role(RoleName=name))
        iam.detach_role_policy(RoleName=name, PolicyArn=given)


@IAM.check("A role in an instance profile cannot be deleted: DeleteConflict", "API_DeleteRole.html")
def role_in_profile(target: Target) -> None:
    iam = target.client("iam")
    with role(target) as name:
        iam.create_instance_profile(InstanceProfileName=name)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
        expect_error(CONFLICT, lambda: iam.delete_role(RoleName=name))
        iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=name)
        iam.delete_instance_profile(InstanceProfileName=name)


@IAM.check("A user with an access key cannot be deleted: DeleteConflict", "API_DeleteUser.html")
def user_with_key(target: Target) -> None:
    iam = target.client("iam")
    with user(target) as name:
        iam.create_access_key(UserName=name)
        expect_error(CONFLICT, lambda: iam.delete_user(UserName=name))


@IAM.check("A user with an inline policy cannot be deleted: DeleteConflict", "API_DeleteUser.html")
def user_with_policy(target: Target) -> None:
    iam = target.client("iam")
    with user(target) as name:
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(ALLOWING))
        expect_error(CONFLICT, lambda: iam.delete_user(UserName=name))


@IAM.check("A user in a group, and the group, cannot be deleted: DeleteConflict", "API_DeleteUser.html")
def user_in_group(target: Target) -> None:
    iam = target.client("iam")
    with user(target) as name:
        iam.create_group(GroupName=name)
        iam.add_user_to_group(GroupName=name, UserName=name)
        expect_error(CONFLICT, lambda: iam.delete_user(UserName=name))
        expect_error(CONFLICT, lambda: iam.delete_group(GroupName=name))
        iam.remove_user_from_group(GroupName=name, UserName=name)
        iam.put_group_policy(GroupName=name, PolicyName="p", PolicyDocument=policy(ALLOWING))
        expect_error(CONFLICT, lambda: iam.delete_group(GroupName=name))
        iam.delete_group_policy(GroupName=name, PolicyName="p")
        iam.delete_group(GroupName=name)


@IAM.check("A user with a password cannot be deleted: DeleteConflict", "API_DeleteUser.html")
def user_with_password(target: Target) -> None:
    iam = target.client("iam")
    with user(target) as name:
        iam.create_login_profile(UserName=name, Password="Correct-horse-1")
        expect_error(CONFLICT, lambda: iam.delete_user(UserName=name))
        iam.delete_login_profile(UserName=name)


@IAM.check("A managed policy in use cannot be deleted: DeleteConflict", "API_DeletePolicy.html")
def policy_in_use(target: Target) -> None:
    iam = target.client("iam")
    with role(target) as name:
        arn = iam.create_policy(PolicyName=name, PolicyDocument=policy(ALLOWING))["Policy"]["Arn"]
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        try:
            expect_error(CONFLICT, lambda: iam.delete_policy(PolicyArn=arn))
        finally:
            iam.detach_role_policy(RoleName=name, PolicyArn=arn)


@IAM.check("A third access key of a user is refused: LimitExceeded", QUOTAS)
def third_key(target: Target) -> None:
    iam = target.client("iam")
    with user(target) as name:
        for _ in range(2):
            iam.create_access_key(UserName=name)
        expect_error(TOO_LARGE, lambda: iam.create_access_key(UserName=name))


@IAM.check("A second role or user of the same name is refused: EntityAlreadyExists", "API_CreateRole.html")
def second(target: Target) -> None:
    iam = target.client("iam")
    with role(target) as name:
        expect_error(EXISTS, lambda: iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST))
    with user(target) as name:
        expect_error(EXISTS, lambda: iam.create_user(UserName=name))


@IAM.check("A refused policy leaves a role as it was", "API_PutRolePolicy.html")
def refused_policy(target: Target) -> None:
    iam = target.client("iam")
    with role(target) as name:
        wrong = policy({**ALLOWING, "Principal": "*"})
        expect_error(MALFORMED, lambda: iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=wrong))
        expect("the policies", iam.list_role_policies(RoleName=name)["PolicyNames"], [])


def _assume(*, max_session_seconds: int = 3600, **parameters: Any) -> Callable[[Target], None]:
    def call(target: Target) -> None:
        trust = policy({**TRUSTING, "Principal": {"AWS": target.account}})
        with role(target, trust, max_session_seconds) as name:
            arn = f"arn:aws:iam::{target.account}:role/{name}"
            target.client("sts").assume_role(RoleArn=arn, RoleSessionName="check", **parameters)

    return call


_ASSUME = "API_AssumeRole.html"
STS.refuses("ValidationError", "A session of 3601 seconds where the role allows an hour", _ASSUME,
            _assume(DurationSeconds=3601))  # fmt: skip
STS.refuses("ValidationError", "A session of 7201 seconds where the role allows two hours", _ASSUME,
            _assume(max_session_seconds=7200, DurationSeconds=7201))  # fmt: skip
for _what, _document in {
    "a text that is no JSON": "allow",
    "no statement": "{}",
    "an unknown effect": policy({**ALLOWING, "Effect": "Permit"}),
    "a principal": policy({**ALLOWING, "Principal": "*"}),
}.items():
    STS.refuses(MALFORMED, f"A session policy with {_what}", _ASSUME, _assume(Policy=_document))
_KIND = Deviation(
    "accepted",
    "The emulator's `test` key is the account's root, and the harness and other projects take roles with it, "
    "also roles that nobody has created.",
)
STS.refuses(
    "AccessDenied",
    "AssumeRole with a role that does not exist",
    _ASSUME,
    lambda target: target.client("sts").assume_role(RoleArn=f"{ROLE}-no-such", RoleSessionName="check"),
    deviation=_KIND,
)
STS.refuses("AccessDenied", "AssumeRole by the account's root", _ASSUME, _assume(), deviation=_KIND)
STS.accepts("A session of two hours where the role allows them", _ASSUME,
            _assume(max_session_seconds=7200, DurationSeconds=7200))  # fmt: skip
