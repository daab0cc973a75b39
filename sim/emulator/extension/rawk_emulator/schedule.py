"""EventBridge rules with a schedule, carried out at their very time in the world.

Stock LocalStack looks about once a minute whether a rule is due within the next; here each rule's next moment is known,
and waited for like every other moment of the world (see clock.py). And a function that is a target is invoked at once,
without a client and all of LocalStack's layers in between.
"""
# mypy: disable-error-code="import-not-found,import-untyped"
# LocalStack lives in an environment of its own

import logging
import threading
from datetime import UTC, datetime
from typing import Any

from crontab import CronTab
from localstack.aws.api.lambda_ import InvocationType
from localstack.services.events.scheduler import Job, JobScheduler
from localstack.services.events.target import LambdaTargetSender
from localstack.services.events.utils import to_json_str
from localstack.services.plugins import SERVICE_PLUGINS
from localstack.utils.aws.arns import parse_arn
from localstack.utils.strings import long_uid

from . import clock, iam

LOG = logging.getLogger(__name__)

NO_SCHEDULE_REAL_SECONDS = 0.05


_waited_for: frozenset[str] = frozenset()
"""The jobs that the loop knows and waits for now; none while it looks what is due or carries one out."""


def install() -> None:
    """Put our loop in place of LocalStack's."""
    JobScheduler.loop = keep_schedules
    LambdaTargetSender.send_event = _invoke


def is_looking() -> bool:
    """Whether there are schedules whose next moment is not waited for yet: time must not jump over it."""
    enabled = {job.job_id for job in list(JobScheduler.instance().jobs) if job.is_enabled}
    return bool(enabled - _waited_for)


def keep_schedules(scheduler: Any, *_: object) -> None:
    """Carry out every enabled rule when it is due, until LocalStack stops."""
    stopping: threading.Event = scheduler._stop_event
    due: dict[str, float] = {}
    while not stopping.is_set():
        jobs = {job.job_id: job for job in list(scheduler.jobs) if job.is_enabled}
        due = {job_id: due.get(job_id) or next_moment(job.schedule) for job_id, job in jobs.items()}
        if not due:
            stopping.wait(NO_SCHEDULE_REAL_SECONDS)
            continue
        first = min(due, key=lambda job_id: due[job_id])
        _wait(scheduler, frozenset(jobs), due[first])
        if clock.now_seconds() >= due[first] and any(job.job_id == first for job in scheduler.jobs):
            carry_out(jobs[first])
            due[first] = next_moment(jobs[first].schedule)


def _wait(scheduler: Any, known: frozenset[str], moment: float) -> None:
    """Until the moment, or until there are other schedules than those known."""

    def others() -> bool:
        enabled = {job.job_id for job in list(scheduler.jobs) if job.is_enabled}
        return scheduler._stop_event.is_set() or enabled != known

    clock.wait_until(moment, others, once_waiting=lambda: _now_waits_for(known), before_leaving=_now_looks)


def _now_waits_for(jobs: frozenset[str]) -> None:
    global _waited_for
    _waited_for = jobs


def _now_looks() -> None:
    _now_waits_for(frozenset())


def carry_out(job: Job) -> None:
    """Send the rule's event to its targets."""
    try:
        job.job_func()
    except Exception:
        LOG.exception("a scheduled rule could not be carried out")


def _invoke(sender: LambdaTargetSender, event: Any, trace_header: Any) -> None:
    """Hand an event to the function that is its target. Raises what an invocation may be refused with."""
    arn = parse_arn(sender.target["Arn"])
    if role_arn := sender.target.get("RoleArn"):
        iam.require(role_arn, "events", "lambda", "Invoke", arn["region"], FunctionName=sender.target["Arn"])
    else:
        iam.require_of_rule(sender.rule_arn, sender.target["Arn"], arn["account"], arn["region"])
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


def next_moment(schedule: str) -> float:
    """When a cron expression is due next, in seconds since 1970."""
    now = clock.now_seconds()
    return now + float(CronTab(schedule).next(now=datetime.fromtimestamp(now, UTC), default_utc=True))
