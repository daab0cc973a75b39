"""CloudWatch's alarms and the metrics that are put."""

from typing import Any

from sim.localstack.conformance.check import Deviation
from sim.localstack.conformance.documented.registry import Checks, expect, expect_error
from sim.localstack.conformance.documented.smaller_services import DOCS, refuse_each
from sim.localstack.conformance.target import Target

ALARMS = Checks("CloudWatch", f"{DOCS}AmazonCloudWatch/latest/APIReference/")
INVALID = "ValidationError"
ALARM: dict[str, Any] = {
    "AlarmName": "conformance-bounds",
    "MetricName": "m",
    "Namespace": "n",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
}

refuse_each(ALARMS, "cloudwatch", INVALID, "PutMetricAlarm", ALARM, {
    "more than a day in all": {"EvaluationPeriods": 1441},
    "more than a day of 30-minute periods": {"Period": 1800, "EvaluationPeriods": 49},
    "more than seven days of hours": {"Period": 3600, "EvaluationPeriods": 169},
    "a period of more than seven days": {"Period": 604_860},
    "more breaching data points than periods": {"DatapointsToAlarm": 2},
    "0 breaching data points": {"DatapointsToAlarm": 0},
    "a period of 45 seconds": {"Period": 45},
    "a period of 61 seconds": {"Period": 61},
    "no period": {"Period": None},
    "no statistic": {"Statistic": None},
    "two statistics": {"ExtendedStatistic": "p90"},
    "no threshold": {"Threshold": None},
    "neither a metric nor an expression": {"MetricName": None},
    "a metric and an expression": {"Metrics": [{"Id": "m1", "Expression": "m2 + 1"}]},
    "an unknown treatment of missing data": {"TreatMissingData": "dontcare"},
    "an action that is no ARN": {"AlarmActions": ["topic"]},
    "an action for OK that is no ARN": {"OKActions": ["topic"]},
    "an action for insufficient data that is no ARN": {"InsufficientDataActions": ["topic"]},
})  # fmt: skip


def _put(target: Target, **changes: Any) -> None:
    name = target.new_name()
    cloudwatch = target.client("cloudwatch")
    given = {key: value for key, value in {**ALARM, "AlarmName": name, **changes}.items() if value is not None}
    cloudwatch.put_metric_alarm(**given)
    cloudwatch.delete_alarms(AlarmNames=[name])


_PERIOD = Deviation(
    "refused: ValidationError", "LocalStack's alarms have periods of 10, 30, or a multiple of 60 seconds."
)
_STATISTIC = Deviation(
    "refused: InvalidParameterValue", "LocalStack's alarms compute percentiles alone of the extended statistics."
)
_DIFFERENT = {
    "a period of 20 seconds": _PERIOD,
    "a trimmed mean": _STATISTIC,
    "an interquartile mean": _STATISTIC,
    "a percentile rank": _STATISTIC,
}

_ACCEPTED: dict[str, dict[str, Any]] = {
    "a day in all": {"EvaluationPeriods": 1440},
    "seven days of hours": {"Period": 3600, "EvaluationPeriods": 168},
    "as many breaching data points as periods": {"EvaluationPeriods": 3, "DatapointsToAlarm": 3},
    "a period of 10 seconds": {"Period": 10},
    "a period of 20 seconds": {"Period": 20},
    "a trimmed mean": {"Statistic": None, "ExtendedStatistic": "tm90"},
    "a percentile": {"Statistic": None, "ExtendedStatistic": "p99.9"},
    "an interquartile mean": {"Statistic": None, "ExtendedStatistic": "IQM"},
    "a percentile rank": {"Statistic": None, "ExtendedStatistic": "PR(0:300)"},
}

for _what, _changes in _ACCEPTED.items():

    def _accepted(target: Target, changes: dict[str, Any] = _changes) -> None:
        _put(target, **changes)

    ALARMS.accepts(
        f"PutMetricAlarm with {_what}", "API_PutMetricAlarm.html", _accepted, deviation=_DIFFERENT.get(_what)
    )

refuse_each(ALARMS, "cloudwatch", "InvalidParameterValue", "PutMetricData", {
    "Namespace": "conformance", "MetricData": [{"MetricName": "m", "Value": 1.0}]}, {
    "a namespace of AWS's": {"Namespace": "AWS/SQS"},
    "a value that is no number": {"MetricData": [{"MetricName": "m", "Value": float("nan")}]},
    "an infinite value": {"MetricData": [{"MetricName": "m", "Value": float("inf")}]},
})  # fmt: skip
refuse_each(ALARMS, "cloudwatch", "ResourceNotFound", "SetAlarmState", {"StateReason": "r", "StateValue": "OK"}, {
    "an alarm that does not exist": {"AlarmName": "no-such-alarm"}})  # fmt: skip


@ALARMS.check("A refused change leaves an alarm as it was", "API_PutMetricAlarm.html")
def refused_change(target: Target) -> None:
    cloudwatch, name = target.client("cloudwatch"), target.new_name()
    cloudwatch.put_metric_alarm(**{**ALARM, "AlarmName": name})
    wrong = {**ALARM, "AlarmName": name, "Threshold": 2.0, "EvaluationPeriods": 1441}
    expect_error(INVALID, lambda: cloudwatch.put_metric_alarm(**wrong))
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    expect("the threshold", alarm["Threshold"], 1.0)
    cloudwatch.delete_alarms(AlarmNames=[name])
