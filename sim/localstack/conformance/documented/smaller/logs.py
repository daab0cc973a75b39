"""CloudWatch Logs: retention, batches of events, metric filters."""

import time
from typing import Any

from sim.localstack.conformance.documented.registry import Checks, expect, expect_error
from sim.localstack.conformance.documented.smaller.fixtures import log_stream
from sim.localstack.conformance.documented.smaller_services import DOCS, refuse_each
from sim.localstack.conformance.target import Target

LOGS = Checks("Logs", f"{DOCS}AmazonCloudWatchLogs/latest/APIReference/")
INVALID, MISSING, EXISTS = "InvalidParameterException", "ResourceNotFoundException", "ResourceAlreadyExistsException"
NO_GROUP = {"logGroupName": "no-such-group"}
HOUR_MS = 3_600_000
MAX_EVENT_BYTES = 1_048_550
TRANSFORMATION = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}

for _days in (0, -1, 2, 4, 6, 8, 29, 31, 100, 364, 366, 3652, 3654):

    def _retain(target: Target, days: int = _days) -> None:
        with log_stream(target) as names:
            target.client("logs").put_retention_policy(logGroupName=names["logGroupName"], retentionInDays=days)

    LOGS.refuses(INVALID, f"PutRetentionPolicy with {_days} days", "API_PutRetentionPolicy.html", _retain)


@LOGS.check("Retention takes each of the documented numbers of days", "API_PutRetentionPolicy.html")
def retention(target: Target) -> None:
    days = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
    logs = target.client("logs")
    with log_stream(target) as names:
        group = names["logGroupName"]
        for each in days:
            logs.put_retention_policy(logGroupName=group, retentionInDays=each)
            (found,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
            expect("the retention in days", found.get("retentionInDays"), each)


for _title, _tags in (
    ("a key of 129 characters", {"k" * 129: "v"}),
    ("an empty key", {"": "v"}),
    ("a key with a question mark", {"key?": "v"}),
    ("a value of 257 characters", {"key": "v" * 257}),
    ("a value with a question mark", {"key": "v?"}),
):

    def _tagged(target: Target, tags: dict[str, str] = _tags) -> None:
        target.client("logs").create_log_group(logGroupName=target.new_name(), tags=tags)

    LOGS.refuses(INVALID, f"CreateLogGroup with a tag that has {_title}", "API_CreateLogGroup.html", _tagged)


@LOGS.check("CreateLogGroup takes tags with keys of 128 and values of 256 characters", "API_CreateLogGroup.html")
def largest_tags(target: Target) -> None:
    logs, name = target.client("logs"), target.new_name()
    logs.create_log_group(logGroupName=name, tags={"k" * 128: "v" * 256, "a b_.:/=+-@": ""})
    logs.delete_log_group(logGroupName=name)


def now_ms() -> int:
    return int(time.time() * 1000)


def event(age_ms: int = 0, message: str = "m") -> dict[str, Any]:
    return {"timestamp": now_ms() - age_ms, "message": message}


def _large(number: int, length: int) -> list[dict[str, Any]]:
    moment = now_ms()
    return [{"timestamp": moment, "message": "m" * length}] * number


def _put(target: Target, events: list[dict[str, Any]]) -> Any:
    with log_stream(target) as names:
        return target.client("logs").put_log_events(**names, logEvents=events)


_PUT = "API_PutLogEvents.html"
LOGS.refuses(
    INVALID, "A batch that spans more than 24 hours", _PUT, lambda on: _put(on, [event(25 * HOUR_MS), event()])
)
LOGS.refuses(INVALID, "A batch that is not in chronological order", _PUT, lambda on: _put(on, [event(0), event(9000)]))
LOGS.refuses(INVALID, "A batch of more than 1,048,576 bytes", _PUT, lambda on: _put(on, _large(5, 250_000)))
LOGS.refuses(INVALID, "A batch that is too large with its 26 bytes for each event", _PUT,
             lambda on: _put(on, _large(9_000, 91)))  # fmt: skip
LOGS.refuses(INVALID, "A batch of 10,001 events", _PUT, lambda on: _put(on, _large(10_001, 1)))
LOGS.refuses(INVALID, "An event of more than 1 MB", _PUT, lambda on: _put(on, _large(1, MAX_EVENT_BYTES + 1)))
LOGS.refuses(INVALID, "A batch that is too large in UTF-8", _PUT,
             lambda on: _put(on, [event(message="\u00e4" * 600_000)]))  # fmt: skip
LOGS.accepts("A batch of 23 hours", _PUT, lambda on: _put(on, [event(23 * HOUR_MS), event()]))
LOGS.accepts("A batch of 1,048,576 bytes", _PUT, lambda on: _put(on, _large(1, MAX_EVENT_BYTES)))


@LOGS.check("Events that are more than two hours ahead are rejected, and the others are written", _PUT)
def rejected(target: Target) -> None:
    answer = _put(target, [event(), event(-3 * HOUR_MS)])
    expect("what is rejected", answer.get("rejectedLogEventsInfo"), {"tooNewLogEventStartIndex": 1})


refuse_each(LOGS, "logs", MISSING, "PutLogEvents", {"logEvents": [event()], "logStreamName": "s", **NO_GROUP}, {
    "a group that does not exist": {}})  # fmt: skip
FILTER = {"filterName": "f", "filterPattern": "", "metricTransformations": [TRANSFORMATION], **NO_GROUP}
_OF_A_GROUP: dict[str, dict[str, Any]] = {
    "PutMetricFilter": FILTER,
    "PutRetentionPolicy": {"retentionInDays": 7, **NO_GROUP},
    "DeleteRetentionPolicy": NO_GROUP,
    "DeleteLogGroup": NO_GROUP,
    "CreateLogStream": {"logStreamName": "s", **NO_GROUP},
    "DescribeLogStreams": NO_GROUP,
    "DescribeMetricFilters": NO_GROUP,
    "DeleteMetricFilter": {"filterName": "f", **NO_GROUP},
    "FilterLogEvents": NO_GROUP,
    "GetLogEvents": {"logStreamName": "s", **NO_GROUP},
}
for _operation, _given in _OF_A_GROUP.items():
    refuse_each(LOGS, "logs", MISSING, _operation, _given, {"a group that does not exist": {}})
refuse_each(LOGS, "logs", INVALID, "CreateLogGroup", {}, {
    "a name that begins with aws/": {"logGroupName": "aws/group"}, "an unknown class": {
        "logGroupName": "conformance-class", "logGroupClass": "CHEAP"}})  # fmt: skip

_WRONG_FILTERS: dict[str, dict[str, Any]] = {
    "a pattern whose brace is not closed": {"filterPattern": '{ $.event = "request"'},
    "a pattern whose bracket is not closed": {"filterPattern": "[ip, user"},
    "a pattern whose quotation mark is not closed": {"filterPattern": '"error'},
    "an expression without a comparison": {"filterPattern": "{ $.event }"},
    "an empty expression": {"filterPattern": "{ }"},
    "a default value and dimensions": {
        "filterPattern": "{ $.a = 1 }",
        "metricTransformations": [{**TRANSFORMATION, "defaultValue": 0, "dimensions": {"a": "$.a"}}],
    },
    "four dimensions": {
        "filterPattern": "{ $.a = 1 }",
        "metricTransformations": [{**TRANSFORMATION, "dimensions": {each: f"$.{each}" for each in "abcd"}}],
    },
    "two transformations": {"metricTransformations": [TRANSFORMATION, TRANSFORMATION]},
    "no transformation": {"metricTransformations": []},
    "a colon in the name": {"filterName": "a:b"},
}
for _what, _changes in _WRONG_FILTERS.items():

    def _filter(target: Target, changes: dict[str, Any] = _changes) -> None:
        with log_stream(target) as names:
            given = {**FILTER, **changes, "logGroupName": names["logGroupName"]}
            target.client("logs").put_metric_filter(**given)

    LOGS.refuses(INVALID, f"PutMetricFilter with {_what}", "API_PutMetricFilter.html", _filter)

SYNTAX = f"{DOCS}AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html"
for _pattern in (
    "",
    "ERROR",
    "?ERROR ?WARN",
    '"INTERNAL SERVER ERROR" -Exiting',
    '{ $.event = "request" }',
    '{ ($.event = "request") && ($.status >= 500) }',
    "{ $.a IS NULL }",
    "{ $.a NOT EXISTS }",
    "{ $.list[0].name != x* || $.b IS TRUE }",
    "[ip, user, status=4*, ...]",
    "%^[a-z]+$%",
    "{ $.path = %/api/v1% }",
):

    def _taken(target: Target, pattern: str = _pattern) -> None:
        with log_stream(target) as names:
            given = {**FILTER, "filterPattern": pattern, "logGroupName": names["logGroupName"]}
            target.client("logs").put_metric_filter(**given)

    LOGS.accepts(f"PutMetricFilter with the pattern {_pattern!r}", SYNTAX, _taken)


@LOGS.check(
    "A second group or stream of the same name is refused: ResourceAlreadyExistsException", "API_CreateLogGroup.html"
)
def second(target: Target) -> None:
    logs = target.client("logs")
    with log_stream(target) as names:
        expect_error(EXISTS, lambda: logs.create_log_group(logGroupName=names["logGroupName"]))
        expect_error(EXISTS, lambda: logs.create_log_stream(**names))


@LOGS.check("A refused batch leaves the stream as it was", _PUT)
def whole_batch(target: Target) -> None:
    logs = target.client("logs")
    with log_stream(target) as names:
        expect_error(INVALID, lambda: logs.put_log_events(**names, logEvents=[event(0), event(9000)]))
        expect("the events", logs.get_log_events(**names)["events"], [])
