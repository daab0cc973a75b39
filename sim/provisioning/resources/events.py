"""EventBridge: schedule rules and their targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sim.provisioning.clients import Clients
from sim.provisioning.errors import ProvisionError
from sim.provisioning.resources.resource_type import (
    Attributes,
    FunctionInputs,
    References,
    ResourceType,
    resource_type,
    tag_list,
)

__all__ = ["RESOURCE_TYPES"]


def _make_rule(clients: Clients, attributes: Attributes, _inputs: FunctionInputs) -> References:
    rule = clients.events.put_rule(
        Name=attributes["name"],
        Description=attributes.get("description", ""),
        ScheduleExpression=attributes["schedule_expression"],
        Tags=tag_list(attributes),
    )
    return {"id": attributes["name"], "arn": rule["RuleArn"]}


def _remove_rule(clients: Clients, made: References) -> None:
    clients.events.delete_rule(Name=made["id"])


def _make_target(clients: Clients, attributes: Attributes, _inputs: FunctionInputs) -> References:
    rule, target = attributes["rule"], attributes["target_id"]
    answer = clients.events.put_targets(Rule=rule, Targets=[{"Id": target, "Arn": attributes["arn"]}])
    if answer["FailedEntryCount"]:
        raise ProvisionError(f"EventBridge refused the target of rule {rule}: {answer['FailedEntries']}")
    return {"id": f"{rule}-{target}", "rule": rule, "target": target}


def _remove_target(clients: Clients, made: References) -> None:
    clients.events.remove_targets(Rule=made["rule"], Ids=[made["target"]])


def _rules(clients: Clients, prefix: str) -> Iterator[References]:
    for each in clients.events.list_rules(NamePrefix=prefix)["Rules"]:
        yield {"id": each["Name"]}


def _targets(clients: Clients, prefix: str) -> Iterator[References]:
    for rule in _rules(clients, prefix):
        for target in clients.events.list_targets_by_rule(Rule=rule["id"])["Targets"]:
            yield {"rule": rule["id"], "target": target["Id"]}


RESOURCE_TYPES: Mapping[str, ResourceType] = {
    "aws_cloudwatch_event_rule": resource_type(
        "name description schedule_expression tags", _make_rule, _remove_rule, find=_rules, is_active=True
    ),
    "aws_cloudwatch_event_target": resource_type(
        "rule target_id arn", _make_target, _remove_target, find=_targets, is_active=True
    ),
}
