"""Refusals of CloudWatch Logs: names, retention, batches of events, metric filters.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/
"""

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from .refused import Call, Check, Refused

RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
MAX_BATCH_BYTES = 1_048_576
EVENT_OVERHEAD_BYTES = 26
MAX_BATCH_SPAN_MS = 24 * 3600 * 1000
MAX_DIMENSIONS = 3

_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"|%[^%]*%')
"""A text in quotation marks, or a regular expression."""
_COMPARISON = re.compile(
    r"\$[^=!<>]*?\s*(=|!=|<=?|>=?)\s*[^\s=<>]+|\$\S*(\s+\S+)*?\s+(IS\s+(NULL|TRUE|FALSE)|NOT\s+EXISTS|EXISTS)",
    re.IGNORECASE,
)


def checks(has_group: Callable[[Call], bool]) -> dict[str, Check]:
    """The checks by operation. `has_group`: whether there is the call's log group."""

    def check_group(call: Call) -> None:
        if call.text("logGroupName") and not has_group(call):
            raise Refused("ResourceNotFoundException", "The specified log group does not exist.")

    def check_filter(call: Call) -> None:
        check_pattern(call)
        for each in call.parameters.get("metricTransformations") or ():
            _check_transformation(each)
        check_group(call)

    return {
        "CreateLogGroup": check_new_group,
        "DeleteMetricFilter": check_group,
        "DescribeMetricFilters": check_group,
        "FilterLogEvents": check_pattern,
        "PutLogEvents": check_batch,
        "PutMetricFilter": check_filter,
        "PutRetentionPolicy": check_retention,
        "PutSubscriptionFilter": check_pattern,
        "TestMetricFilter": check_pattern,
    }


def check_new_group(call: Call) -> None:
    if call.text("logGroupName").startswith("aws/"):
        raise _wrong("Log groups starting with AWS/ are reserved for AWS.")


def check_retention(call: Call) -> None:
    days = call.parameters.get("retentionInDays")
    if days not in RETENTION_DAYS:
        constraint = f"Member must satisfy enum value set: [{', '.join(str(each) for each in RETENTION_DAYS)}]"
        found = f"Value '{days}' at 'retentionInDays' failed to satisfy constraint: {constraint}"
        raise _wrong(f"1 validation error detected: {found}")


def check_batch(call: Call) -> None:
    """A batch is in order, not too large, and of one day."""
    events = call.parameters.get("logEvents") or ()
    size = sum(len(str(each.get("message") or "").encode()) + EVENT_OVERHEAD_BYTES for each in events)
    if size > MAX_BATCH_BYTES:
        raise _wrong(f"Upload too large: {size} bytes exceeds limit of {MAX_BATCH_BYTES}")
    times = [each.get("timestamp") or 0 for each in events]
    if any(second < first for first, second in pairwise(times)):
        raise _wrong("Log events in a single PutLogEvents request must be in chronological order.")
    if times and times[-1] - times[0] > MAX_BATCH_SPAN_MS:
        raise _wrong("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")


def check_pattern(call: Call) -> None:
    if not is_pattern(call.text("filterPattern")):
        raise _wrong("Invalid metric filter pattern")


def is_pattern(pattern: str) -> bool:
    """Whether a filter's pattern is complete: terms, `[fields]`, or `{ comparisons }`."""
    bare = _QUOTED.sub("text", pattern.strip())
    if '"' in bare:
        return False
    if bare.startswith("["):
        return bare.endswith("]")
    if bare.startswith("{"):
        return bare.endswith("}") and _are_comparisons(bare[1:-1])
    return True


def _are_comparisons(text: str) -> bool:
    if text.count("(") != text.count(")"):
        return False
    parts = re.split(r"&&|\|\|", text)
    return all(_COMPARISON.fullmatch(each.strip(" \t\n()")) for each in parts)


def _check_transformation(transformation: Mapping[str, Any]) -> None:
    dimensions = transformation.get("dimensions") or {}
    if len(dimensions) > MAX_DIMENSIONS:
        raise _wrong(f"A metric filter can have at most {MAX_DIMENSIONS} dimensions.")
    if dimensions and transformation.get("defaultValue") is not None:
        raise _wrong("Invalid metric transformation: dimensions and default value are mutually exclusive properties.")


def _wrong(message: str) -> Refused:
    return Refused("InvalidParameterException", message)
