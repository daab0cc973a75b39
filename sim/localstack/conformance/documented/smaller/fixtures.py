"""Resources that a check creates, and that are removed after it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from botocore.exceptions import ClientError

from sim.localstack.conformance.documented.smaller_services import TRUST
from sim.localstack.conformance.target import Target


@contextmanager
def rule(target: Target) -> Iterator[str]:
    """The name of a rule of EventBridge with a schedule, disabled."""
    events, name = target.client("events"), target.new_name()
    events.put_rule(Name=name, ScheduleExpression="rate(1 day)", State="DISABLED")
    try:
        yield name
    finally:
        found = events.list_targets_by_rule(Rule=name)["Targets"]
        if found:
            events.remove_targets(Rule=name, Ids=[each["Id"] for each in found])
        events.delete_rule(Name=name)


@contextmanager
def schedule_group(target: Target) -> Iterator[str]:
    """The name of a group of schedules."""
    scheduler, name = target.client("scheduler"), target.new_name()
    scheduler.create_schedule_group(Name=name)
    try:
        yield name
    finally:
        scheduler.delete_schedule_group(Name=name)


@contextmanager
def log_stream(target: Target) -> Iterator[dict[str, str]]:
    """A log stream in a group of its own: the parameters that name them."""
    logs, name = target.client("logs"), target.new_name()
    names = {"logGroupName": name, "logStreamName": "stream"}
    logs.create_log_group(logGroupName=name)
    try:
        logs.create_log_stream(**names)
        yield names
    finally:
        logs.delete_log_group(logGroupName=name)


@contextmanager
def secret(target: Target) -> Iterator[str]:
    """The name of a secret."""
    secrets, name = target.client("secretsmanager"), target.new_name()
    secrets.create_secret(Name=name, SecretString="x")
    try:
        yield name
    finally:
        with suppress(ClientError):  # the check may have deleted it
            secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


@contextmanager
def role(target: Target, trust: str = TRUST, max_session_seconds: int = 3600) -> Iterator[str]:
    """The name of a role; its inline policies are removed with it."""
    iam, name = target.client("iam"), target.new_name()
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, MaxSessionDuration=max_session_seconds)
    try:
        yield name
    finally:
        for each in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=each)
        iam.delete_role(RoleName=name)


@contextmanager
def user(target: Target) -> Iterator[str]:
    """The name of a user; access keys, inline policies and groups are removed with it."""
    iam, name = target.client("iam"), target.new_name()
    iam.create_user(UserName=name)
    try:
        yield name
    finally:
        with suppress(iam.exceptions.NoSuchEntityException):  # the check has deleted it
            for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
                iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
            for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
                iam.delete_user_policy(UserName=name, PolicyName=policy)
            for group in iam.list_groups_for_user(UserName=name)["Groups"]:
                iam.remove_user_from_group(UserName=name, GroupName=group["GroupName"])
            iam.delete_user(UserName=name)


def policy(*statements: object, version: str = "2012-10-17") -> str:
    """A policy's document."""
    return json.dumps({"Version": version, "Statement": list(statements)})
