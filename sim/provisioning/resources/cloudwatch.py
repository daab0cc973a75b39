"""CloudWatch: alarms on metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sim.provisioning.clients import Clients
from sim.provisioning.resources.resource_type import (
    Attributes,
    FunctionInputs,
    References,
    ResourceType,
    resource_type,
    tag_list,
)

__all__ = ["RESOURCE_TYPES"]


_ALARM_PARAMETERS = {
    "alarm_name": "AlarmName",
    "alarm_description": "AlarmDescription",
    "actions_enabled": "ActionsEnabled",
    "namespace": "Namespace",
    "metric_name": "MetricName",
    "statistic": "Statistic",
    "period": "Period",
    "evaluation_periods": "EvaluationPeriods",
    "comparison_operator": "ComparisonOperator",
    "threshold": "Threshold",
    "treat_missing_data": "TreatMissingData",
    "alarm_actions": "AlarmActions",
    "ok_actions": "OKActions",
}


def _make_alarm(clients: Clients, attributes: Attributes, _inputs: FunctionInputs) -> References:
    settings = {
        aws_name: attributes[terraform_name]
        for terraform_name, aws_name in _ALARM_PARAMETERS.items()
        if terraform_name in attributes
    }
    dimensions = [{"Name": name, "Value": value} for name, value in attributes["dimensions"].items()]
    clients.cloudwatch.put_metric_alarm(**settings, Dimensions=dimensions, Tags=tag_list(attributes))
    return {"id": attributes["alarm_name"]}


def _remove_alarm(clients: Clients, made: References) -> None:
    clients.cloudwatch.delete_alarms(AlarmNames=[made["id"]])


def _alarms(clients: Clients, prefix: str) -> Iterator[References]:
    for each in clients.cloudwatch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]:
        yield {"id": each["AlarmName"]}


RESOURCE_TYPES: Mapping[str, ResourceType] = {
    "aws_cloudwatch_metric_alarm": resource_type(
        f"dimensions tags {' '.join(_ALARM_PARAMETERS)}", _make_alarm, _remove_alarm, find=_alarms
    ),
}
