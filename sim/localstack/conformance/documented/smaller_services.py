"""The lengths, ranges, patterns and sets of values that AWS documents for the parameters of the smaller services."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from sim.localstack.conformance.documented.registry import Checks, expect
from sim.localstack.conformance.target import Target

DOCS = "https://docs.aws.amazon.com/"
EVENTS = Checks("EventBridge", f"{DOCS}eventbridge/latest/APIReference/")
SCHEDULER = Checks("Scheduler", f"{DOCS}scheduler/latest/APIReference/")
SECRETS = Checks("Secrets Manager", f"{DOCS}secretsmanager/latest/apireference/")
PARAMETERS = Checks("SSM", f"{DOCS}systems-manager/latest/APIReference/")
LOGS = Checks("Logs", f"{DOCS}AmazonCloudWatchLogs/latest/APIReference/")
IAM = Checks("IAM", f"{DOCS}IAM/latest/APIReference/")
STS = Checks("STS", f"{DOCS}STS/latest/APIReference/")
CLOUDWATCH = Checks("CloudWatch", f"{DOCS}AmazonCloudWatch/latest/APIReference/")

MODULES = (EVENTS, SCHEDULER, SECRETS, PARAMETERS, LOGS, IAM, STS, CLOUDWATCH)

FUNCTION = "arn:aws:lambda:us-east-1:999999999999:function:f"
ROLE = "arn:aws:iam::999999999999:role/r"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
        ],
    }
)


def refuse_each(
    checks: Checks,
    client: str,
    code: str,
    operation: str,
    base: Mapping[str, Any],
    cases: Mapping[str, Mapping[str, Any]],
) -> None:
    """Declare refusals of one operation: `base` with the changes of each case, which the key names. None removes."""
    method = "".join(f"_{each.lower()}" if each.isupper() else each for each in operation).lstrip("_")
    for what, changes in cases.items():

        def call(target: Target, changes: Mapping[str, Any] = changes) -> object:
            made: Callable[..., object] = getattr(target.client(client), method)
            given = {**base, **changes}
            return made(**{key: value for key, value in given.items() if value is not None})

        checks.refuses(code, f"{operation} with {what}", f"API_{operation}.html", call)


INVALID = "ValidationException"

refuse_each(EVENTS, "events", INVALID, "PutRule", {"Name": "rule", "ScheduleExpression": "rate(1 minute)"}, {
    "an empty name": {"Name": ""},
    "a name of 65 characters": {"Name": "n" * 65},
    "a blank in the name": {"Name": "a b"},
    "an unknown state": {"State": "ON"},
    "a description of 513 characters": {"Description": "d" * 513},
    "an expression of 257 characters": {"ScheduleExpression": "r" * 257},
    "a role's ARN of 1601 characters": {"RoleArn": f"{ROLE}{'r' * 1600}"},
})  # fmt: skip
refuse_each(EVENTS, "events", INVALID, "PutTargets", {"Rule": "rule"}, {
    "no target": {"Targets": []},
    "a target's identifier with a blank": {"Targets": [{"Id": "a b", "Arn": FUNCTION}]},
    "a target's identifier of 65 characters": {"Targets": [{"Id": "i" * 65, "Arn": FUNCTION}]},
    "an input of 8193 characters": {"Targets": [{"Id": "i", "Arn": FUNCTION, "Input": "i" * 8193}]},
    "an event age of 59 seconds": {
        "Targets": [{"Id": "i", "Arn": FUNCTION, "RetryPolicy": {"MaximumEventAgeInSeconds": 59}}]},
    "an event age of 86401 seconds": {
        "Targets": [{"Id": "i", "Arn": FUNCTION, "RetryPolicy": {"MaximumEventAgeInSeconds": 86_401}}]},
    "186 retries": {"Targets": [{"Id": "i", "Arn": FUNCTION, "RetryPolicy": {"MaximumRetryAttempts": 186}}]},
})  # fmt: skip
refuse_each(EVENTS, "events", INVALID, "PutEvents", {}, {
    "no entry": {"Entries": []},
    "11 entries": {"Entries": [{"Source": "s", "DetailType": "t", "Detail": "{}"}] * 11},
})  # fmt: skip
refuse_each(EVENTS, "events", INVALID, "ListRules", {}, {"Limit=0": {"Limit": 0}, "Limit=101": {"Limit": 101}})
refuse_each(EVENTS, "events", INVALID, "CreateEventBus", {}, {"an empty name": {"Name": ""}})

refuse_each(SCHEDULER, "scheduler", INVALID, "CreateSchedule", {
    "Name": "schedule",
    "ScheduleExpression": "rate(1 minute)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {"Arn": FUNCTION, "RoleArn": ROLE},
}, {
    "a blank in the name": {"Name": "a b"},
    "a name of 65 characters": {"Name": "n" * 65},
    "an unknown state": {"State": "ON"},
    "an unknown mode of the window": {"FlexibleTimeWindow": {"Mode": "SOMETIMES"}},
    "a window of 0 minutes": {"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 0}},
    "a window of 1441 minutes": {"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 1441}},
    "an event age of 59 seconds": {
        "Target": {"Arn": FUNCTION, "RoleArn": ROLE, "RetryPolicy": {"MaximumEventAgeInSeconds": 59}}},
    "186 retries": {"Target": {"Arn": FUNCTION, "RoleArn": ROLE, "RetryPolicy": {"MaximumRetryAttempts": 186}}},
    "a role that is none": {"Target": {"Arn": FUNCTION, "RoleArn": "a role"}},
    "a description of 513 characters": {"Description": "d" * 513},
    "an unknown action after its end": {"ActionAfterCompletion": "REPEAT"},
})  # fmt: skip

refuse_each(SECRETS, "secretsmanager", INVALID, "CreateSecret", {"SecretString": "x"}, {
    "a name of 513 characters": {"Name": "n" * 513},
    "a text of 65537 characters": {"Name": "conformance-large", "SecretString": "x" * 65_537},
    "a description of 2049 characters": {"Name": "conformance-described", "Description": "d" * 2049},
})  # fmt: skip
refuse_each(SECRETS, "secretsmanager", INVALID, "ListSecrets", {}, {
    "MaxResults=0": {"MaxResults": 0}, "MaxResults=101": {"MaxResults": 101}})  # fmt: skip
refuse_each(SECRETS, "secretsmanager", INVALID, "GetRandomPassword", {}, {
    "a length of 0": {"PasswordLength": 0}, "a length of 4097": {"PasswordLength": 4097}})  # fmt: skip

refuse_each(PARAMETERS, "ssm", INVALID, "PutParameter", {"Name": "/conformance/p", "Value": "x", "Type": "String"}, {
    "an unknown type": {"Type": "Text"},
    "an unknown tier": {"Tier": "Gold"},
    "an empty name": {"Name": ""},
    "a name of 2049 characters": {"Name": "/" + "n" * 2048},
    "a description of 1025 characters": {"Description": "d" * 1025},
})  # fmt: skip
refuse_each(PARAMETERS, "ssm", INVALID, "GetParameters", {}, {
    "no name": {"Names": []}, "11 names": {"Names": [f"/n{number}" for number in range(11)]}})  # fmt: skip
refuse_each(PARAMETERS, "ssm", INVALID, "GetParametersByPath", {"Path": "/"}, {
    "MaxResults=0": {"MaxResults": 0}, "MaxResults=11": {"MaxResults": 11}})  # fmt: skip

_GROUP_CASES: Mapping[str, Mapping[str, Any]] = {
    "an empty name": {"logGroupName": ""},
    "a blank in the name": {"logGroupName": "a b"},
    "a name of 513 characters": {"logGroupName": "n" * 513},
}
_WRONG = "InvalidParameterException"
refuse_each(LOGS, "logs", _WRONG, "CreateLogGroup", {}, _GROUP_CASES)
refuse_each(LOGS, "logs", _WRONG, "CreateLogStream", {"logGroupName": "group"}, {
    "a colon in the name": {"logStreamName": "a:b"},
    "an asterisk in the name": {"logStreamName": "a*b"},
    "an empty name": {"logStreamName": ""},
    "a name of 513 characters": {"logStreamName": "n" * 513},
})  # fmt: skip
refuse_each(LOGS, "logs", _WRONG, "PutLogEvents", {"logGroupName": "group", "logStreamName": "stream"}, {
    "no event": {"logEvents": []},
    "an empty message": {"logEvents": [{"timestamp": 1, "message": ""}]},
    "a negative time": {"logEvents": [{"timestamp": -1, "message": "m"}]},
})  # fmt: skip
refuse_each(LOGS, "logs", _WRONG, "DescribeLogGroups", {}, {"limit=0": {"limit": 0}, "limit=51": {"limit": 51}})
refuse_each(LOGS, "logs", _WRONG, "FilterLogEvents", {"logGroupName": "group"}, {
    "limit=0": {"limit": 0}, "limit=10001": {"limit": 10_001}})  # fmt: skip

_ERROR = "ValidationError"
refuse_each(IAM, "iam", _ERROR, "CreateRole", {"RoleName": "conformance-role", "AssumeRolePolicyDocument": TRUST}, {
    "an empty name": {"RoleName": ""},
    "a name of 65 characters": {"RoleName": "n" * 65},
    "a letter with an accent in the name": {"RoleName": "r\N{LATIN SMALL LETTER O WITH CIRCUMFLEX}le"},
    "a blank in the name": {"RoleName": "a b"},
    "a session of 3599 seconds": {"MaxSessionDuration": 3599},
    "a session of 43201 seconds": {"MaxSessionDuration": 43_201},
    "a path without slashes": {"Path": "x"},
    "a description of 1001 characters": {"Description": "d" * 1001},
})  # fmt: skip
refuse_each(IAM, "iam", _ERROR, "PutRolePolicy", {"RoleName": "role", "PolicyName": "p", "PolicyDocument": "{}"}, {
    "a policy's name of 129 characters": {"PolicyName": "n" * 129},
    "a policy's name with a blank": {"PolicyName": "a b"},
    "an empty document": {"PolicyDocument": ""},
})  # fmt: skip
refuse_each(IAM, "iam", _ERROR, "CreateUser", {}, {
    "a name of 65 characters": {"UserName": "n" * 65}, "a slash in the name": {"UserName": "a/b"}})  # fmt: skip
refuse_each(IAM, "iam", _ERROR, "ListRoles", {}, {"MaxItems=0": {"MaxItems": 0}, "MaxItems=1001": {"MaxItems": 1001}})

refuse_each(STS, "sts", _ERROR, "AssumeRole", {"RoleArn": ROLE, "RoleSessionName": "check"}, {
    "a session's name of 1 character": {"RoleSessionName": "n"},
    "a session's name of 65 characters": {"RoleSessionName": "n" * 65},
    "a session's name with a blank": {"RoleSessionName": "a b"},
    "a session of 899 seconds": {"DurationSeconds": 899},
    "a session of 43201 seconds": {"DurationSeconds": 43_201},
    "a role that is none": {"RoleArn": "x"},
})  # fmt: skip

refuse_each(CLOUDWATCH, "cloudwatch", _ERROR, "PutMetricAlarm", {
    "AlarmName": "conformance-alarm",
    "MetricName": "m",
    "Namespace": "n",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
}, {
    "an unknown operator": {"ComparisonOperator": "Bigger"},
    "0 evaluation periods": {"EvaluationPeriods": 0},
    "an unknown statistic": {"Statistic": "Median"},
    "a name of 256 characters": {"AlarmName": "n" * 256},
    "an empty name": {"AlarmName": ""},
    "6 actions": {"AlarmActions": [f"arn:aws:sns:us-east-1:999999999999:t{number}" for number in range(6)]},
})  # fmt: skip
refuse_each(CLOUDWATCH, "cloudwatch", _ERROR, "SetAlarmState", {"AlarmName": "a", "StateReason": "r"}, {
    "an unknown state": {"StateValue": "FINE"}})  # fmt: skip


@CLOUDWATCH.check("PutMetricData takes 1000 metrics in a compressed body", "API_PutMetricData.html")
def compressed_body(target: Target) -> None:
    client, namespace = target.client("cloudwatch"), f"conformance-{uuid4().hex}"
    client.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "m", "Value": 1.0}] * 1000)
    metrics = client.list_metrics(Namespace=namespace)["Metrics"]
    expect("the names of the metrics", {each["MetricName"] for each in metrics}, {"m"})
