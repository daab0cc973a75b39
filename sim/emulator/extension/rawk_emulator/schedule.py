"""EventBridge rules with a schedule, carried out at their very time in the world.

Stock LocalStack looks about once a minute whether a rule is due within the next; here each rule's next moment is known,
and waited for like every other moment of the world (see clock.py).
"""
# mypy: disable-error-code="import-not-found,import-untyped"
# LocalStack lives in an environment of its own

import logging
import threading
from datetime import UTC, datetime
from typing import Any

from crontab import CronTab
from localstack.services.events.scheduler import Job, JobScheduler

from . import activity, clock

LOG = logging.getLogger(__name__)


def install() -> None:
    """Put our loop in place of LocalStack's."""
    JobScheduler.loop = keep_schedules
    stock = JobScheduler.add_job

    def add_job(scheduler: Any, *arguments: Any, **named: Any) -> Any:
        job_id = stock(scheduler, *arguments, **named)
        clock.wake()
        return job_id

    JobScheduler.add_job = add_job


def keep_schedules(scheduler: Any, *_: object) -> None:
    """Carry out every enabled rule when it is due, until LocalStack stops."""
    stopping: threading.Event = scheduler._stop_event
    due: dict[str, float] = {}
    while not stopping.is_set():
        jobs = {job.job_id: job for job in list(scheduler.jobs) if job.is_enabled}
        due = {job_id: due.get(job_id) or next_moment(job.schedule) for job_id, job in jobs.items()}
        if not due:
            stopping.wait(clock.LONGEST_REAL_WAIT_SECONDS)
            continue
        first = min(due, key=lambda job_id: due[job_id])
        known = len(scheduler.jobs)
        clock.wait_until(due[first], lambda known=known: stopping.is_set() or len(scheduler.jobs) != known)  # type: ignore[misc]
        if clock.now_seconds() >= due[first] and any(job.job_id == first for job in scheduler.jobs):
            with activity.under_way("a scheduled rule"):
                carry_out(jobs[first])
            due[first] = next_moment(jobs[first].schedule)


def carry_out(job: Job) -> None:
    """Send the rule's event to its targets."""
    try:
        job.job_func()
    except Exception:
        LOG.exception("a scheduled rule could not be carried out")


def next_moment(schedule: str) -> float:
    """When a cron expression is due next, in seconds since 1970."""
    now = clock.now_seconds()
    return now + float(CronTab(schedule).next(now=datetime.fromtimestamp(now, UTC), default_utc=True))
