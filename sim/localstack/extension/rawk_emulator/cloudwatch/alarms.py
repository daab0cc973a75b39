"""CloudWatch alarms on the depth of a queue, in the world's time.

Stock LocalStack samples depths and looks at alarms every so many real seconds; in between, a world may live through
days. Here a queue that gets deeper or shallower than its alarm's state says makes that alarm look at the end of each of
its periods, until the two agree again. An alarm that agrees with its queue costs nothing, and stops no time.

SQS tells CloudWatch a queue's depth once a minute ("Available CloudWatch metrics for Amazon SQS", SQS Developer Guide),
so a sample at the end of a period stands for it. An alarm whose queue never crossed its threshold stays at
INSUFFICIENT_DATA, which on AWS the first minute ends. Other alarms stay LocalStack's.
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
from ..introspection.event_log import around
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

_Place = tuple[str, str, str]
"""Account, region and name of a queue."""

_watched: dict[_Place, list["DepthAlarm"]] = defaultdict(list)
_setting = threading.Lock()


@dataclass(eq=False)
class DepthAlarm:
    """An alarm, as `DescribeAlarms` tells it, and what its queue looked like at the last periods' ends."""

    arn: str
    name: str
    place: _Place
    metric: str
    crosses: Callable[[float, float], bool]
    threshold: float
    period_seconds: float
    datapoints_to_alarm: int
    rings: bool
    samples: deque[bool] = field(default_factory=deque)
    looking: bool = False
    gone: bool = False

    def agrees_with(self, queue: Any) -> bool:
        return self.crosses(DEPTHS[self.metric](queue), self.threshold) == self.rings


def install() -> None:
    """Take over the alarms on depths, and notice when a depth changes."""
    around(AlarmScheduler, "schedule_metric_alarm", _schedule)
    around(AlarmScheduler, "delete_scheduler_for_alarm", _delete)
    for owner, names in (
        (StandardQueue, ("put", "_put_message", "receive", "remove_expired_messages", "clear")),
        (SqsQueue, ("remove", "update_visibility_timeout")),
    ):
        for name in names:
            around(owner, name, _changing)


def _schedule(stock: Callable[..., None], scheduler: Any, alarm_arn: str) -> None:
    details = alarm_scheduler.get_metric_alarm_details_for_alarm_arn(alarm_arn)
    if not details or details.get("Namespace") != NAMESPACE or details.get("MetricName") not in DEPTHS:
        stock(scheduler, alarm_arn)
        return
    _forget(alarm_arn)
    alarm = _read(alarm_arn, details)
    with _setting:
        _watched[alarm.place].append(alarm)
    queue = _queue_at(alarm.place)
    if queue is not None:
        _look_at(queue)


def _delete(stock: Callable[..., None], scheduler: Any, alarm_arn: str) -> None:
    _forget(alarm_arn)
    stock(scheduler, alarm_arn)


def _changing(stock: Callable[..., Any], queue: Any, *arguments: Any, **named: Any) -> Any:
    answer = stock(queue, *arguments, **named)
    if (queue.account_id, queue.region, queue.name) in _watched:
        _look_at(queue)
    return answer


def _look_at(queue: Any) -> None:
    """Begin to look at every alarm that no longer agrees with its queue.

    Busy from here on: time must not jump over the end of the period.
    """
    with _setting:
        alarms = _watched.get((queue.account_id, queue.region, queue.name), [])
        fresh = [each for each in alarms if not each.looking and not each.agrees_with(queue)]
        for alarm in fresh:
            alarm.looking = True
    for alarm in fresh:
        begun = activity.begin(WHAT)
        threading.Thread(target=_look, args=(alarm, queue, begun), name=f"alarm-{alarm.name}", daemon=True).start()


def _look(alarm: DepthAlarm, queue: Any, under_way: activity.Activity) -> None:
    """Sample at each period's end until the alarm says what its queue says."""
    try:
        while True:
            under_way = _until_the_period_ends(alarm, under_way)
            if not alarm.gone:
                _sample(alarm, queue)
            with _setting:
                alarm.looking = not alarm.gone and not alarm.agrees_with(queue)
                if not alarm.looking:
                    return
    finally:
        activity.end(under_way)


def _until_the_period_ends(alarm: DepthAlarm, under_way: activity.Activity) -> activity.Activity:
    """Gives what is under way from then on."""
    period = alarm.period_seconds
    resumed: list[activity.Activity] = []
    clock.wait_until(
        (clock.now_seconds() // period + 1) * period,
        lambda: alarm.gone,
        once_waiting=lambda: activity.end(under_way),
        before_leaving=lambda: resumed.append(activity.begin(WHAT)),
    )
    return resumed[0]


def _sample(alarm: DepthAlarm, queue: Any) -> None:
    depth = DEPTHS[alarm.metric](queue)
    account, region, name = alarm.place
    metrics.record_depth(account, region, name, alarm.metric, depth)
    alarm.samples.append(alarm.crosses(depth, alarm.threshold))
    rings = sum(alarm.samples) >= alarm.datapoints_to_alarm
    if rings == alarm.rings:
        return
    alarm.rings = rings
    LOG.info("alarm %s %s: %s is %d", alarm.name, "rings" if rings else "stills", alarm.metric, depth)
    try:
        connect_to(aws_access_key_id=account, region_name=region).cloudwatch.set_alarm_state(
            AlarmName=alarm.name,
            StateValue="ALARM" if rings else "OK",
            StateReason=f"Threshold Crossed: {alarm.metric} of {name} is {depth}, the threshold {alarm.threshold:g}.",
        )
    except (ClientError, BotoCoreError) as error:
        LOG.warning("alarm %s could not change its state: %s", alarm.name, error)


def _read(alarm_arn: str, details: Any) -> DepthAlarm:
    arn = parse_arn(alarm_arn)
    queue_name = next(each["Value"] for each in details["Dimensions"] if each["Name"] == "QueueName")
    periods, rings = details["EvaluationPeriods"], details["StateValue"] == "ALARM"
    return DepthAlarm(
        arn=alarm_arn,
        name=details["AlarmName"],
        place=(arn["account"], arn["region"], queue_name),
        metric=details["MetricName"],
        crosses=COMPARISONS[details["ComparisonOperator"]],
        threshold=details["Threshold"],
        period_seconds=details["Period"],
        datapoints_to_alarm=details.get("DatapointsToAlarm") or periods,
        rings=rings,
        samples=deque([rings] * periods, maxlen=periods),
    )


def _forget(alarm_arn: str) -> None:
    with _setting:
        for place, alarms in list(_watched.items()):
            for alarm in alarms:
                alarm.gone = alarm.gone or alarm.arn == alarm_arn
            kept = [each for each in alarms if not each.gone]
            if kept:
                _watched[place] = kept
            else:
                del _watched[place]
    clock.wake()


def _queue_at(place: _Place) -> Any:
    account, region, name = place
    return sqs_stores[account][region].queues.get(name)
