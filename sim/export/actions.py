"""The actions of AWS Fault Injection Service that are used here, as its documentation has them.

Checked against the actions reference in November 2026. Whatever a template says is held against this table, and the
table against botocore's model of the service (template.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

REFERENCE = "https://docs.aws.amazon.com/fis/latest/userguide/fis-actions-reference.html"
LAMBDA_EXTENSION = "https://docs.aws.amazon.com/fis/latest/userguide/use-lambda-actions.html"

SHORTEST_MINUTES = 1
LONGEST_MINUTES = 12 * 60
"""Of `duration`, "from one minute to 12 hours", and by quota of a whole experiment."""
MOST_ACTIONS = 20
MOST_STOP_CONDITIONS = 5
"""Of a template, by quotas that nobody raises (https://docs.aws.amazon.com/general/latest/gr/fis.html)."""
LONGEST_STARTUP_DELAY_MILLISECONDS = 900_000
RAMP_UP_MINUTES = 1
"""The Lambda extension asks for faults once a minute until there are some ("Understanding polling")."""


@dataclass(frozen=True)
class Action:
    """One action: what it is done to, what it takes (name to whether it must be given), what its role needs."""

    anchor: str
    resource_type: str | None
    target_key: str | None
    """What a template calls the target of that type in an action ("Target types", in the API's own words)."""
    parameters: Mapping[str, bool]
    permissions: tuple[str, ...]
    needs_extension: bool = field(default=False)

    @property
    def source(self) -> str:
        return f"{REFERENCE}#{self.anchor}"


def _on_function(anchor: str, **parameters: bool) -> Action:
    permissions = ("lambda:GetFunction", "s3:DeleteObject", "s3:PutObject", "tag:GetResources")
    common = {"duration": True, "invocationPercentage": False}
    return Action(anchor, "aws:lambda:function", "Functions", {**common, **parameters}, permissions, True)


ACTIONS: Mapping[str, Action] = {
    "aws:fis:wait": Action("wait", None, None, {"duration": True}, ()),
    "aws:lambda:invocation-error": _on_function("invocation-error", preventExecution=True),
    "aws:lambda:invocation-add-delay": _on_function("invocation-add-delay", startupDelayMilliseconds=False),
    "aws:rds:reboot-db-instances": Action(
        "reboot-db-instances",
        "aws:rds:db",
        "DBInstances",
        {"forceFailover": False},
        ("rds:DescribeDBInstances", "rds:RebootDBInstance", "tag:GetResources"),
    ),
    "aws:network:disrupt-connectivity": Action(
        "disrupt-connectivity",
        "aws:ec2:subnet",
        "Subnets",
        {"duration": True, "scope": True, "prefixListIdentifier": False},
        (
            *("ec2:CreateNetworkAcl", "ec2:CreateNetworkAclEntry", "ec2:CreateTags", "ec2:DeleteNetworkAcl"),
            *("ec2:DescribeManagedPrefixLists", "ec2:DescribeNetworkAcls", "ec2:DescribeSubnets", "ec2:DescribeVpcs"),
            *("ec2:GetManagedPrefixListEntries", "ec2:ReplaceNetworkAclAssociation"),
        ),
    ),
    "aws:network:disrupt-vpc-endpoint": Action(
        "disrupt-vpc-endpoint",
        "aws:ec2:vpc-endpoint",
        "VPCEndpoints",
        {"duration": True},
        (
            *("ec2:CreateSecurityGroup", "ec2:CreateTags", "ec2:DeleteSecurityGroup", "ec2:DescribeSecurityGroups"),
            *("ec2:DescribeVpcEndpoints", "ec2:ModifyVpcEndpoint", "ec2:RevokeSecurityGroupEgress"),
        ),
    ),
    "aws:ecs:stop-task": Action(
        "stop-task",
        "aws:ecs:task",
        "Tasks",
        {},
        ("ecs:DescribeTasks", "ecs:ListTasks", "ecs:StopTask", "tag:GetResources"),
    ),
    "aws:ec2:reboot-instances": Action(
        "reboot-instances", "aws:ec2:instance", "Instances", {}, ("ec2:DescribeInstances", "ec2:RebootInstances")
    ),
}
