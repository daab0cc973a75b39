"""Refusals of CloudWatch: alarms on metrics, and metrics that are put.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

import math
from collections.abc import Mapping
from typing import Any

from .refused import Call, Check, Refused, is_arn

DAY_SECONDS, HOUR_SECONDS = 86_400, 3600
WEEK_SECONDS = 7 * DAY_SECONDS
ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
OF_ONE_METRIC = ("Namespace", "MetricName", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic")


def check_alarm(call: Call) -> None:
    """An alarm is on one metric, or on an expression of several."""
    alarm = call.parameters
    if alarm.get("Metrics"):
        for each in OF_ONE_METRIC:
            if alarm.get(each) is not None:
                raise _invalid(f"{each} should not be set if list of Metrics is set.")
    elif not alarm.get("MetricName"):
        raise _invalid("Either MetricName or Metrics must be specified")
    else:
        _check_metric(alarm)
    if (alarm.get("DatapointsToAlarm") or 0) > (alarm.get("EvaluationPeriods") or 0):
        raise _invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods")
    if alarm.get("Threshold") is None and alarm.get("ThresholdMetricId") is None:
        raise _invalid("Threshold must be specified for alarms based on static thresholds")
    for kind in ACTIONS:
        for action in alarm.get(kind) or ():
            if not is_arn(str(action)):
                raise _invalid(f"Invalid arn syntax: {action}")


def _check_metric(alarm: Mapping[str, Any]) -> None:
    given = [each for each in ("Statistic", "ExtendedStatistic") if alarm.get(each)]
    if len(given) != 1:
        raise _invalid("Either Statistic or ExtendedStatistic must be specified, but not both")
    period = alarm.get("Period")
    if period is None:
        raise _invalid("Period must be specified for alarms on a metric")
    total_seconds = period * (alarm.get("EvaluationPeriods") or 0)
    if period < HOUR_SECONDS and total_seconds > DAY_SECONDS:
        bound = f"a day (EvaluationPeriods * Period must be <= {DAY_SECONDS})"
        raise _invalid(f"Metrics cannot be checked across more than {bound}.")
    if total_seconds > WEEK_SECONDS:
        bound = f"seven days (EvaluationPeriods * Period must be <= {WEEK_SECONDS})"
        raise _invalid(f"Metrics cannot be checked across more than {bound}.")


def check_data(call: Call) -> None:
    """Metrics that are put are the account's own, and numbers."""
    namespace = call.text("Namespace")
    if namespace.startswith("AWS/"):
        raise Refused("InvalidParameterValue", f"The value {namespace} for parameter Namespace is invalid.")
    for number, each in enumerate(call.parameters.get("MetricData") or (), 1):
        for where, value in _values(each):
            if not math.isfinite(value):
                parameter = f"MetricData.member.{number}.{where}"
                raise Refused("InvalidParameterValue", f"The value {value} for parameter {parameter} is invalid.")


def _values(datum: Mapping[str, Any]) -> list[tuple[str, float]]:
    own = [("Value", datum["Value"])] if datum.get("Value") is not None else []
    several = [(f"Values.member.{number}", each) for number, each in enumerate(datum.get("Values") or (), 1)]
    statistics = [(f"StatisticValues.{name}", each) for name, each in (datum.get("StatisticValues") or {}).items()]
    return own + several + statistics


def _invalid(message: str) -> Refused:
    return Refused("ValidationError", message)


CHECKS: dict[str, Check] = {"PutMetricAlarm": check_alarm, "PutMetricData": check_data}
"""By operation."""
