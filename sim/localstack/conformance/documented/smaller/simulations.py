"""IAM's SimulatePrincipalPolicy: what policies allow, without a call."""

from collections.abc import Sequence
from typing import Any

from sim.localstack.conformance.documented.registry import Checks, expect, expect_error
from sim.localstack.conformance.documented.smaller.fixtures import policy, role, user
from sim.localstack.conformance.documented.smaller_services import DOCS
from sim.localstack.conformance.target import Target

IAM = Checks("IAM", f"{DOCS}IAM/latest/APIReference/")
PAGE = "API_SimulatePrincipalPolicy.html"

BUCKET = "arn:aws:s3:::audio"
OBJECT = f"{BUCKET}/in/one"
ALLOWED, IMPLICIT, EXPLICIT = "allowed", "implicitDeny", "explicitDeny"


def _statement(action: Any, resource: Any = "*", effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


CASES: Sequence[tuple[str, list[dict[str, Any]], str, str]] = (
    ("the action and every resource", [_statement("s3:GetObject")], OBJECT, ALLOWED),
    ("every action of the service", [_statement("s3:*")], OBJECT, ALLOWED),
    ("a prefix of the action", [_statement("s3:Get*")], OBJECT, ALLOWED),
    ("every action", [_statement("*")], OBJECT, ALLOWED),
    ("the action in other case", [_statement("S3:getobject")], OBJECT, ALLOWED),
    ("a list of actions", [_statement(["s3:PutObject", "s3:GetObject"])], OBJECT, ALLOWED),
    ("the objects of the bucket", [_statement("s3:GetObject", f"{BUCKET}/*")], OBJECT, ALLOWED),
    ("the bucket, not its objects", [_statement("s3:GetObject", BUCKET)], OBJECT, IMPLICIT),
    ("another bucket", [_statement("s3:GetObject", "arn:aws:s3:::audio2/*")], OBJECT, IMPLICIT),
    ("another action, whose name contains it", [_statement("s3:GetObjectVersion")], OBJECT, IMPLICIT),
    ("everything, and a Deny of it", [_statement("*"), _statement("s3:GetObject", effect="Deny")], OBJECT, EXPLICIT),
    ("everything, and a Deny of another action", [_statement("*"), _statement("s3:PutObject", effect="Deny")], OBJECT,
     ALLOWED),
    ("the action under a condition that is unknown", [
        _statement("s3:GetObject", Condition={"StringEquals": {"s3:ExistingObjectTag/a": "b"}})], OBJECT, IMPLICIT),
    ("nothing at all", [], OBJECT, IMPLICIT),
)  # fmt: skip


def _declare_cases() -> None:
    for what, statements, resource, decision in CASES:

        @IAM.check(f"SimulatePrincipalPolicy of a role that may do {what}: {decision}", PAGE)
        def simulated(
            target: Target,
            statements: list[dict[str, Any]] = statements,
            resource: str = resource,
            decision: str = decision,
        ) -> None:
            with role(target) as name:
                for number, each in enumerate(statements):
                    target.client("iam").put_role_policy(
                        RoleName=name, PolicyName=f"p{number}", PolicyDocument=policy(each)
                    )
                expect("the decision", _decisions(target, _arn_of_role(target, name), [resource]), [decision])


def _arn_of_role(target: Target, name: str) -> str:
    return str(target.client("iam").get_role(RoleName=name)["Role"]["Arn"])


def _decisions(target: Target, arn: str, resources: list[str] | None, **more: Any) -> list[str]:
    given = {"ResourceArns": resources} if resources else {}
    answer = target.client("iam").simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=["s3:GetObject"], **given, **more
    )
    return [each["EvalDecision"] for each in answer["EvaluationResults"]]


_declare_cases()


@IAM.check("SimulatePrincipalPolicy without resources simulates every resource", PAGE)
def without_resources(target: Target) -> None:
    with role(target) as name:
        arn = _arn_of_role(target, name)
        put = target.client("iam").put_role_policy
        put(RoleName=name, PolicyName="p", PolicyDocument=policy(_statement("s3:GetObject", f"{BUCKET}/*")))
        expect("the decision on all", _decisions(target, arn, None), [IMPLICIT])
        put(RoleName=name, PolicyName="p", PolicyDocument=policy(_statement("s3:GetObject")))
        expect("the decision on all", _decisions(target, arn, None), [ALLOWED])


@IAM.check("SimulatePrincipalPolicy answers for each resource", PAGE)
def two_resources(target: Target) -> None:
    with role(target) as name:
        target.client("iam").put_role_policy(
            RoleName=name, PolicyName="p", PolicyDocument=policy(_statement("s3:GetObject", f"{BUCKET}/*"))
        )
        both = _decisions(target, _arn_of_role(target, name), [OBJECT, "arn:aws:s3:::other/one"])
        expect("the decisions", both, [ALLOWED, IMPLICIT])


@IAM.check("SimulatePrincipalPolicy counts the policies that are given with it, and the given context", PAGE)
def given_policies(target: Target) -> None:
    condition = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    extra = policy(_statement("s3:GetObject", Condition=condition))
    with user(target) as name:
        arn = target.client("iam").get_user(UserName=name)["User"]["Arn"]
        expect("the decision without", _decisions(target, arn, [OBJECT]), [IMPLICIT])
        for region, decision in {"eu-west-1": ALLOWED, "us-east-1": IMPLICIT}.items():
            context = [
                {"ContextKeyName": "aws:RequestedRegion", "ContextKeyValues": [region], "ContextKeyType": "string"}
            ]
            seen = _decisions(target, arn, [OBJECT], PolicyInputList=[extra], ContextEntries=context)
            expect(f"the decision in {region}", seen, [decision])


@IAM.check("SimulatePrincipalPolicy of a user counts the policies of its groups", PAGE)
def groups_of_a_user(target: Target) -> None:
    iam, group = target.client("iam"), target.new_name()
    with user(target) as name:
        arn_of_group = iam.create_group(GroupName=group)["Group"]["Arn"]
        iam.put_group_policy(GroupName=group, PolicyName="p", PolicyDocument=policy(_statement("s3:Get*")))
        iam.add_user_to_group(GroupName=group, UserName=name)
        arn = iam.get_user(UserName=name)["User"]["Arn"]
        expect("the decision of the user", _decisions(target, arn, [OBJECT]), [ALLOWED])
        expect("the decision of the group", _decisions(target, arn_of_group, [OBJECT]), [ALLOWED])
        iam.remove_user_from_group(GroupName=group, UserName=name)
        expect("the decision outside", _decisions(target, arn, [OBJECT]), [IMPLICIT])
        iam.delete_group_policy(GroupName=group, PolicyName="p")
        iam.delete_group(GroupName=group)


def _declare_refusals() -> None:
    for code, what, arn in (
        ("NoSuchEntity", "a role that does not exist", "arn:aws:iam::{}:role/no-such-role"),
        ("NoSuchEntity", "a user that does not exist", "arn:aws:iam::{}:user/no-such-user"),
        ("NoSuchEntity", "a group that does not exist", "arn:aws:iam::{}:group/no-such-group"),
        ("InvalidInput", "a policy", "arn:aws:iam::{}:policy/one"),
        ("InvalidInput", "a bucket", "arn:aws:s3:::a-bucket-of-{}"),
    ):

        @IAM.check(f"SimulatePrincipalPolicy of {what} is refused: {code}", PAGE)
        def refused(target: Target, code: str = code, arn: str = arn) -> None:
            expect_error(code, lambda: _decisions(target, arn.format(target.account), [OBJECT]))


_declare_refusals()
