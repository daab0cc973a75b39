"""EventBridge rules with a schedule, carried out at their due moment in virtual time.

Stock LocalStack checks about once a minute whether a rule is due within the next one. Here each rule's next moment is
known and waited for like every other moment (see clock.py). A function that is a target is invoked directly, without a
client and all of LocalStack's layers.

The due rules are read from the rules themselves. Stock LocalStack keeps a list of jobs beside them: a rule is added
with its targets and never removed, so that a rule that is disabled, changed or deleted continues as it was created.
"""
# mypy: disable-error-code="import-not-found,import-untyped"
# LocalStack lives in an environment of its own

import logging
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from crontab import CronTab
from localstack.aws.api.lambda_ import InvocationType
from localstack.services.events.models import Rule, events_stores
from localstack.services.events.scheduler import JobScheduler, convert_schedule_to_cron
from localstack.services.events.target import LambdaTargetSender
from localstack.services.events.utils import to_json_str
from localstack.services.plugins import SERVICE_PLUGINS
from localstack.utils.aws.arns import parse_arn
from localstack.utils.strings import long_uid

from ..iam import enforcement
from ..time import clock

LOG = logging.getLogger(__name__)

NO_SCHEDULE_REAL_SECONDS = 0.05


@dataclass(frozen=True)
class Schedule:
    """The schedule of a rule; a changed expression is another schedule."""

    rule_arn: str
    expression: str


_waited_for: frozenset[Schedule] = frozenset()
"""The schedules that the loop waits for now; none while it reads the rules or carries one out."""


def install() -> None:
    """Replace LocalStack's loop."""
    JobScheduler.loop = keep_schedules
    LambdaTargetSender.send_event = _invoke


def is_reading_rules() -> bool:
    """Whether there are schedules whose next moment is not waited for yet: time must not jump over it."""
    return bool(enabled_schedules().keys() - _waited_for)


def enabled_schedules() -> dict[Schedule, Rule]:
    """Every enabled rule that has a schedule and a target."""
    buses = [bus for _, _, store in list(events_stores.iter_stores()) for bus in list(store.event_buses.values())]
    rules = [rule for bus in buses for rule in list(bus.rules.values())]
    return {
        Schedule(rule.arn, rule.schedule_expression): rule
        for rule in rules
        if rule.schedule_expression and rule.targets and rule.state != "DISABLED"
    }


def keep_schedules(scheduler: Any, *_: object) -> None:
    """Carry out every enabled rule when it is due, until LocalStack stops."""
    stopping: threading.Event = scheduler._stop_event
    due: dict[Schedule, float] = {}
    while not stopping.is_set():
        known = frozenset(enabled_schedules())
        due = {schedule: due.get(schedule) or next_moment(schedule.expression) for schedule in known}
        if not due:
            stopping.wait(NO_SCHEDULE_REAL_SECONDS)
            continue
        first = min(due, key=lambda schedule: due[schedule])
        _wait(stopping, known, due[first])
        if clock.now_seconds() >= due[first] and (rule := enabled_schedules().get(first)):
            carry_out(rule)
            due[first] = next_moment(first.expression)


def _wait(stopping: threading.Event, known: frozenset[Schedule], moment: float) -> None:
    """Wait until the moment, or until the schedules have changed."""

    def others() -> bool:
        return stopping.is_set() or enabled_schedules().keys() != known

    clock.wait_until(moment, others, once_waiting=lambda: _set_waited_for(known), before_leaving=_begin_reading)


def _set_waited_for(schedules: frozenset[Schedule]) -> None:
    global _waited_for
    _waited_for = schedules


def _begin_reading() -> None:
    _set_waited_for(frozenset())


def carry_out(rule: Rule) -> None:
    """Send the rule's event to its targets."""
    try:
        SERVICE_PLUGINS.require("events")._provider._get_scheduled_rule_job_function(
            rule.account_id, rule.region, rule
        )()
    except Exception:
        LOG.exception("a scheduled rule could not be carried out")


def _invoke(sender: LambdaTargetSender, event: Any, trace_header: Any) -> None:
    """Pass an event to the function that is its target. Raises the errors by which an invocation may be refused."""
    arn = parse_arn(sender.target["Arn"])
    if role_arn := sender.target.get("RoleArn"):
        enforcement.require(role_arn, "events", "lambda", "Invoke", arn["region"], FunctionName=sender.target["Arn"])
    else:
        enforcement.require_of_rule(sender.rule_arn, sender.target["Arn"], arn["account"], arn["region"])
    name, _, qualifier = arn["resource"].removeprefix("function:").partition(":")
    SERVICE_PLUGINS.require("lambda")._provider.lambda_service.invoke(
        function_name=name,
        qualifier=qualifier or None,
        region=arn["region"],
        account_id=arn["account"],
        invocation_type=InvocationType.Event,
        client_context=None,
        request_id=long_uid(),
        payload=to_json_str(event).encode(),
        trace_context={"aws_trace_header": trace_header},
    )


def next_moment(expression: str) -> float:
    """When a `rate(…)` or `cron(…)` expression is due next, in seconds since 1970."""
    now = clock.now_seconds()
    table = CronTab(convert_schedule_to_cron(expression))
    return now + float(table.next(now=datetime.fromtimestamp(now, UTC), default_utc=True))
