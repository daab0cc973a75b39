"""Finds and removes everything that an account holds under a name prefix: what a killed run left behind."""

from __future__ import annotations

import contextlib

from botocore.exceptions import BotoCoreError, ClientError

from sim.provisioning.clients import Clients
from sim.provisioning.resources import RESOURCE_TYPES, References

__all__ = ["REMOVAL_ORDER", "remove_named"]

REMOVAL_ORDER = (
    "aws_cloudwatch_event_target",
    "aws_cloudwatch_event_rule",
    "aws_lambda_event_source_mapping",
    "aws_lambda_function",
    "aws_sqs_queue",
    "aws_iam_role_policy",
    "aws_iam_role",
    "aws_iam_policy",
    "aws_secretsmanager_secret",
    "aws_cloudwatch_log_group",
    "aws_cloudwatch_metric_alarm",
    "aws_sns_topic",
    "aws_s3_bucket",
)
"""Every type that is found by its name. AWS refuses to remove a rule with targets and a role with policies."""


def remove_named(clients: Clients, prefix: str, *, but: frozenset[str] = frozenset()) -> list[str]:
    """Remove all resources whose names begin with the prefix, except the buckets in `but`.

    Buckets are emptied first. A service that the emulator does not have counts as empty. Returns what could not be
    removed, and why, after trying all.
    """
    assert len(prefix) > len("rawk-"), f"{prefix!r} would remove resources of others"
    failures = []
    for type_ in REMOVAL_ORDER:
        for each in _found(type_, clients, prefix):
            if each.get("id") in but:
                continue
            try:
                RESOURCE_TYPES[type_].remove(clients, each)
            except (ClientError, BotoCoreError) as error:
                failures.append(f"{type_} {next(iter(each.values()))}: {error}")
    return failures


def _found(type_: str, clients: Clients, prefix: str) -> list[References]:
    find = RESOURCE_TYPES[type_].find
    if find is not None:
        with contextlib.suppress(ClientError, BotoCoreError):
            return list(find(clients, prefix))
    return []
