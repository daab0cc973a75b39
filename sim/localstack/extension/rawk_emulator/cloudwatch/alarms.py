"""CloudWatch alarms on the depth of a queue, in virtual time.

Stock LocalStack samples depths and evaluates alarms every few real seconds, in which days of virtual time may pass.
Here a queue whose depth disagrees with its alarm's state makes that alarm evaluate at the end of each of its periods
until the two agree. An alarm that agrees with its queue costs nothing, and does not keep time from jumping.

SQS publishes a queue's depth to CloudWatch once a minute ("Available CloudWatch metrics for Amazon SQS", SQS Developer
Guide), so a sample at the end of a period replaces it. An alarm whose queue never crossed its threshold stays at
INSUFFICIENT_DATA, which on AWS ends with the first minute. Other alarms are LocalStack's.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import logging
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import ge, gt, le, lt
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to
from localstack.services.cloudwatch import alarm_scheduler
from localstack.services.cloudwatch.alarm_scheduler import AlarmScheduler
from localstack.services.sqs.models import SqsQueue, StandardQueue, sqs_stores
from localstack.utils.aws.arns import parse_arn

from ..introspection import activity
from ..introspection.event_log import patch_method
from ..time import clock
from . import metrics

LOG = logging.getLogger(__name__)

NAMESPACE = "AWS/SQS"
DEPTHS: dict[str, Callable[[Any], int]] = {
    "ApproximateNumberOfMessagesVisible": lambda queue: len(queue.visible.queue),
    "ApproximateNumberOfMessagesNotVisible": lambda queue: len(queue.inflight),
    "ApproximateNumberOfMessagesDelayed": lambda queue: len(queue.delayed),
}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": gt,
    "GreaterThanOrEqualToThreshold": ge,
    "LessThanThreshold": lt,
    "LessThanOrEqualToThreshold": le,
}
WHAT = "an alarm is being looked at"

_QueueKey = tuple[str, str, str]
"""Account, region and name of a queue."""

_watched: dict[_QueueKey, list["DepthAlarm"]] = defaultdict(list)
_setting = threading.Lock()


@dataclass(eq=False)
class DepthAlarm:
    """An alarm, as `DescribeAlarms` returns it, and the samples of its queue at the ends of the last periods."""

    arn: str
    name: str
    queue_key: _QueueKey
    metric: str
    crosses: Callable[[float, float], bool]
    threshold: float
    period_seconds: float
    datapoints_to_alarm: int
    is_alarming: bool
    samples: deque[bool] = field(default_factory=deque)
    evaluating: bool = False
    deleted: bool = False

    def agrees_with(self, queue: Any) -> bool:
        return self.crosses(DEPTHS[self.metric](queue), self.threshold) == self.is_alarming


def install() -> None:
    """Evaluate alarms on depths here, and notice when a depth changes."""
    patch_method(AlarmScheduler, "schedule_metric_alarm", _schedule)
    patch_method(AlarmScheduler, "delete_scheduler_for_alarm", _delete)
    for owner, names in (
        (StandardQueue, ("put", "_put_message", "receive", "remove_expired_messages", "clear")),
        (SqsQueue, ("remove", "update_visibility_timeout")),
    ):
        for name in names:
            patch_method(owner, name, _changing)


def _schedule(stock: Callable[..., None], scheduler: Any, alarm_arn: str) -> None:
    details = alarm_scheduler.get_metric_alarm_details_for_alarm_arn(alarm_arn)
    if not details or details.get("Namespace") != NAMESPACE or details.get("MetricName") not in DEPTHS:
        stock(scheduler, alarm_arn)
        return
    _remove(alarm_arn)
    alarm = _read(alarm_arn, details)
    with _setting:
        _watched[alarm.queue_key].append(alarm)
    queue = _queue_at(alarm.queue_key)
    if queue is not None:
        _evaluate_disagreeing(queue)


def _delete(stock: Callable[..., None], scheduler: Any, alarm_arn: str) -> None:
    _remove(alarm_arn)
    stock(scheduler, alarm_arn)


def _changing(stock: Callable[..., Any], queue: Any, *arguments: Any, **named: Any) -> Any:
    answer = stock(queue, *arguments, **named)
    if (queue.account_id, queue.region, queue.name) in _watched:
        _evaluate_disagreeing(queue)
    return answer


def _evaluate_disagreeing(queue: Any) -> None:
    """Begin to evaluate every alarm that no longer agrees with its queue.

    Busy from here on: time must not jump over the end of the period.
    """
    with _setting:
        alarms = _watched.get((queue.account_id, queue.region, queue.name), [])
        fresh = [each for each in alarms if not each.evaluating and not each.agrees_with(queue)]
        for alarm in fresh:
            alarm.evaluating = True
    for alarm in fresh:
        started = activity.begin(WHAT)
        threading.Thread(
            target=_evaluate, args=(alarm, queue, started), name=f"alarm-{alarm.name}", daemon=True
        ).start()


def _evaluate(alarm: DepthAlarm, queue: Any, under_way: activity.Activity) -> None:
    """Sample at each period's end until alarm and queue agree."""
    try:
        while True:
            under_way = _wait_for_period_end(alarm, under_way)
            if not alarm.deleted:
                _sample(alarm, queue)
            with _setting:
                alarm.evaluating = not alarm.deleted and not alarm.agrees_with(queue)
                if not alarm.evaluating:
                    return
    finally:
        activity.end(under_way)


def _wait_for_period_end(alarm: DepthAlarm, under_way: activity.Activity) -> activity.Activity:
    """Returns the activity that is in progress from then on."""
    period = alarm.period_seconds
    resumed: list[activity.Activity] = []
    clock.wait_until(
        (clock.now_seconds() // period + 1) * period,
        lambda: alarm.deleted,
        once_waiting=lambda: activity.end(under_way),
        before_leaving=lambda: resumed.append(activity.begin(WHAT)),
    )
    return resumed[0]


def _sample(alarm: DepthAlarm, queue: Any) -> None:
    depth = DEPTHS[alarm.metric](queue)
    account, region, name = alarm.queue_key
    metrics.record_depth(account, region, name, alarm.metric, depth)
    alarm.samples.append(alarm.crosses(depth, alarm.threshold))
    is_alarming = sum(alarm.samples) >= alarm.datapoints_to_alarm
    if is_alarming == alarm.is_alarming:
        return
    alarm.is_alarming = is_alarming
    LOG.info("alarm %s %s: %s is %d", alarm.name, "alarms" if is_alarming else "is quiet", alarm.metric, depth)
    try:
        connect_to(aws_access_key_id=account, region_name=region).cloudwatch.set_alarm_state(
            AlarmName=alarm.name,
            StateValue="ALARM" if is_alarming else "OK",
            StateReason=f"Threshold Crossed: {alarm.metric} of {name} is {depth}, the threshold {alarm.threshold:g}.",
        )
    except (ClientError, BotoCoreError) as error:
        LOG.warning("alarm %s could not change its state: %s", alarm.name, error)


def _read(alarm_arn: str, details: Any) -> DepthAlarm:
    arn = parse_arn(alarm_arn)
    queue_name = next(each["Value"] for each in details["Dimensions"] if each["Name"] == "QueueName")
    periods, is_alarming = details["EvaluationPeriods"], details["StateValue"] == "ALARM"
    return DepthAlarm(
        arn=alarm_arn,
        name=details["AlarmName"],
        queue_key=(arn["account"], arn["region"], queue_name),
        metric=details["MetricName"],
        crosses=COMPARISONS[details["ComparisonOperator"]],
        threshold=details["Threshold"],
        period_seconds=details["Period"],
        datapoints_to_alarm=details.get("DatapointsToAlarm") or periods,
        is_alarming=is_alarming,
        samples=deque([is_alarming] * periods, maxlen=periods),
    )


def _remove(alarm_arn: str) -> None:
    with _setting:
        for queue_key, alarms in list(_watched.items()):
            for alarm in alarms:
                alarm.deleted = alarm.deleted or alarm.arn == alarm_arn
            kept = [each for each in alarms if not each.deleted]
            if kept:
                _watched[queue_key] = kept
            else:
                del _watched[queue_key]
    clock.wake()


def _queue_at(queue_key: _QueueKey) -> Any:
    account, region, name = queue_key
    return sqs_stores[account][region].queues.get(name)
