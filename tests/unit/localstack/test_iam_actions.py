"""The permissions that a call needs, where they are not the operation's own name on the resource that it names."""

from typing import Any

import pytest

from sim.localstack.extension.rawk_emulator.iam.actions import TAGGING, Call, needs_of

ACCOUNT, REGION = "000000000000", "us-east-1"
TAGS = {"Pipeline": "a"}


def needed(service: str, operation: str, given: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each.action, each.resource) for each in needs_of(Call(service, operation, given, ACCOUNT, REGION))]


NAMES = {
    "cloudwatch:PutMetricAlarm": ({"AlarmName": "a"}, f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:a"),
    "events:PutRule": ({"Name": "a"}, f"arn:aws:events:{REGION}:{ACCOUNT}:rule/a"),
    "iam:CreateInstanceProfile": ({"InstanceProfileName": "a"}, f"arn:aws:iam::{ACCOUNT}:instance-profile/a"),
    "iam:CreatePolicy": ({"PolicyName": "a"}, f"arn:aws:iam::{ACCOUNT}:policy/a"),
    "iam:CreateRole": ({"RoleName": "a"}, f"arn:aws:iam::{ACCOUNT}:role/a"),
    "iam:CreateUser": ({"UserName": "a"}, f"arn:aws:iam::{ACCOUNT}:user/a"),
    "lambda:CreateEventSourceMapping": (
        {"FunctionName": "a"},
        f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:*",
    ),
    "lambda:CreateFunction": ({"FunctionName": "a"}, f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:a"),
    "logs:CreateLogGroup": ({"logGroupName": "a"}, f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:a:log-stream:"),
    "secretsmanager:CreateSecret": ({"Name": "a"}, f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:a"),
    "sns:CreateTopic": ({"Name": "a"}, f"arn:aws:sns:{REGION}:{ACCOUNT}:a"),
    "sqs:CreateQueue": ({"QueueName": "a"}, f"arn:aws:sqs:{REGION}:{ACCOUNT}:a"),
}


@pytest.mark.parametrize("operation", sorted(TAGGING))
def test_tags_at_a_creation_need_the_permission_to_tag(operation: str) -> None:
    service, _, name = operation.partition(":")
    given, resource = NAMES[operation]
    tags = "tags" if service in ("logs", "sqs") else "Tags"
    assert (TAGGING[operation], resource) in needed(service, name, given | {tags: TAGS})
    assert TAGGING[operation] not in {action for action, _ in needed(service, name, given)}


def test_a_dashboard_belongs_to_no_region() -> None:
    board = f"arn:aws:cloudwatch::{ACCOUNT}:dashboard"
    assert needed("cloudwatch", "PutDashboard", {"DashboardName": "a"}) == [("cloudwatch:PutDashboard", f"{board}/a")]
    deleted = needed("cloudwatch", "DeleteDashboards", {"DashboardNames": ["a", "b"]})
    assert deleted == [("cloudwatch:DeleteDashboards", f"{board}/{name}") for name in "ab"]
    assert needed("cloudwatch", "ListDashboards", {}) == [("cloudwatch:ListDashboards", f"{board}/*")]


def test_a_public_parameter_belongs_to_no_account() -> None:
    name = "/aws/service/ami-amazon-linux-latest/al2023"
    assert needed("ssm", "GetParameter", {"Name": name}) == [
        ("ssm:GetParameter", f"arn:aws:ssm:{REGION}::parameter{name}")
    ]
    own = needed("ssm", "GetParameters", {"Names": ["/a/b"]})
    assert own == [("ssm:GetParameters", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/a/b")]


def test_a_role_in_an_instance_profile_is_passed_to_ec2() -> None:
    given = {"InstanceProfileName": "p", "RoleName": "r"}
    profile = f"arn:aws:iam::{ACCOUNT}:instance-profile/p"
    assert needed("iam", "AddRoleToInstanceProfile", given) == [
        ("iam:AddRoleToInstanceProfile", profile),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/r"),
    ]
    removed = needed("iam", "RemoveRoleFromInstanceProfile", given)
    assert removed == [("iam:RemoveRoleFromInstanceProfile", profile)]
