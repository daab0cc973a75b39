"""Finds and removes whatever an account holds under a prefix: what a run left that was killed.

Every kind that the rendering makes is looked for, by its own list call; removing is as `kinds` does it. Things whose
removal needs other things gone first come after those.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from botocore.exceptions import BotoCoreError, ClientError

from sim.provisioning.clients import Clients
from sim.provisioning.resource_types import KINDS

__all__ = ["remove_named"]

References = dict[str, str]
Finder = Callable[[Clients, str], Iterator[References]]


def remove_named(clients: Clients, prefix: str, *, but: frozenset[str] = frozenset()) -> list[str]:
    """Remove all whose name begins so, buckets with what is in them, but not the buckets named.

    Gives what could not be removed, and why, after trying all. A service that the emulator does not have holds nothing.
    """
    assert len(prefix) > len("rawk-"), f"{prefix!r} would remove what is not ours"
    failures = []
    for kind, find in FINDERS.items():
        found: list[References] = []
        with contextlib.suppress(ClientError, BotoCoreError):
            found = list(find(clients, prefix))
        for each in found:
            if each.get("id") in but:
                continue
            try:
                KINDS[kind].remove(clients, each)
            except (ClientError, BotoCoreError) as error:
                failures.append(f"{kind} {next(iter(each.values()))}: {error}")
    return failures


def _mappings(clients: Clients, prefix: str) -> Iterator[References]:
    for page in clients.lambda_.get_paginator("list_event_source_mappings").paginate():
        for each in page["EventSourceMappings"]:
            if each["FunctionArn"].split(":function:")[-1].startswith(prefix):
                yield {"uuid": each["UUID"]}


def _targets(clients: Clients, prefix: str) -> Iterator[References]:
    for rule in _rules(clients, prefix):
        for target in clients.events.list_targets_by_rule(Rule=rule["id"])["Targets"]:
            yield {"rule": rule["id"], "target": target["Id"]}


def _rules(clients: Clients, prefix: str) -> Iterator[References]:
    for each in clients.events.list_rules(NamePrefix=prefix)["Rules"]:
        yield {"id": each["Name"]}


def _functions(clients: Clients, prefix: str) -> Iterator[References]:
    for page in clients.lambda_.get_paginator("list_functions").paginate():
        yield from ({"id": each["FunctionName"]} for each in page["Functions"] if _is(each["FunctionName"], prefix))


def _queues(clients: Clients, prefix: str) -> Iterator[References]:
    for url in clients.sqs.list_queues(QueueNamePrefix=prefix, MaxResults=1000).get("QueueUrls", ()):
        yield {"url": url}


def _role_policies(clients: Clients, prefix: str) -> Iterator[References]:
    for role in _roles(clients, prefix):
        for name in clients.iam.list_role_policies(RoleName=role["id"])["PolicyNames"]:
            yield {"role": role["id"], "name": name}


def _roles(clients: Clients, prefix: str) -> Iterator[References]:
    for page in clients.iam.get_paginator("list_roles").paginate():
        yield from ({"id": each["RoleName"]} for each in page["Roles"] if _is(each["RoleName"], prefix))


def _policies(clients: Clients, prefix: str) -> Iterator[References]:
    for page in clients.iam.get_paginator("list_policies").paginate(Scope="Local"):
        yield from ({"arn": each["Arn"]} for each in page["Policies"] if _is(each["PolicyName"], prefix))


def _secrets(clients: Clients, prefix: str) -> Iterator[References]:
    for page in clients.secretsmanager.get_paginator("list_secrets").paginate():
        yield from ({"arn": each["ARN"]} for each in page["SecretList"] if _is(each["Name"], prefix))


def _log_groups(clients: Clients, prefix: str) -> Iterator[References]:
    pages = clients.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=f"/aws/lambda/{prefix}")
    for page in pages:
        yield from ({"id": each["logGroupName"]} for each in page["logGroups"])


def _alarms(clients: Clients, prefix: str) -> Iterator[References]:
    for each in clients.cloudwatch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]:
        yield {"id": each["AlarmName"]}


def _topics(clients: Clients, prefix: str) -> Iterator[References]:
    for page in clients.sns.get_paginator("list_topics").paginate():
        arns = (each["TopicArn"] for each in page["Topics"])
        yield from ({"arn": arn} for arn in arns if _is(arn.rpartition(":")[2], prefix))


def _buckets(clients: Clients, prefix: str) -> Iterator[References]:
    yield from ({"id": each["Name"]} for each in clients.s3.list_buckets()["Buckets"] if _is(each["Name"], prefix))


def _is(name: str, prefix: str) -> bool:
    return name.startswith(prefix)


FINDERS: dict[str, Finder] = {
    "aws_cloudwatch_event_target": _targets,
    "aws_cloudwatch_event_rule": _rules,
    "aws_lambda_event_source_mapping": _mappings,
    "aws_lambda_function": _functions,
    "aws_sqs_queue": _queues,
    "aws_iam_role_policy": _role_policies,
    "aws_iam_role": _roles,
    "aws_iam_policy": _policies,
    "aws_secretsmanager_secret": _secrets,
    "aws_cloudwatch_log_group": _log_groups,
    "aws_cloudwatch_metric_alarm": _alarms,
    "aws_sns_topic": _topics,
    "aws_s3_bucket": _buckets,
}
