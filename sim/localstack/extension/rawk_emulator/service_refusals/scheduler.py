"""Refusals of EventBridge Scheduler: schedules and their groups.

https://docs.aws.amazon.com/scheduler/latest/APIReference/
"""

from collections.abc import Callable
from zoneinfo import available_timezones

from .refused import Call, Check, Refused, is_arn
from .schedules import is_schedule

DEFAULT_GROUP = "default"


def checks(has_group: Callable[[Call, str], bool]) -> dict[str, Check]:
    """The checks by operation. `has_group`: whether the account of the caller has a group of schedules."""

    def check_group(call: Call) -> None:
        _demand(call, call.text("GroupName") or DEFAULT_GROUP)

    def check_listing(call: Call) -> None:
        if name := call.text("GroupName"):
            _demand(call, name)

    def check_schedule_in_group(call: Call) -> None:
        check_schedule(call)
        check_group(call)

    def check_new_group(call: Call) -> None:
        if has_group(call, call.text("Name")):
            raise Refused("ConflictException", f"Schedule group {call.text('Name')} already exists.", 409)

    def check_deletion(call: Call) -> None:
        if call.text("Name") == DEFAULT_GROUP:
            raise _invalid("The default schedule group cannot be deleted.")
        _demand(call, call.text("Name"))

    def _demand(call: Call, name: str) -> None:
        if not has_group(call, name):
            raise Refused("ResourceNotFoundException", f"Schedule group {name} does not exist.", 404)

    return {
        "CreateSchedule": check_schedule_in_group,
        "CreateScheduleGroup": check_new_group,
        "DeleteSchedule": check_group,
        "DeleteScheduleGroup": check_deletion,
        "GetSchedule": check_group,
        "ListSchedules": check_listing,
        "UpdateSchedule": check_schedule_in_group,
    }


def check_schedule(call: Call) -> None:
    """What a schedule says by itself."""
    expression = call.text("ScheduleExpression")
    if not is_schedule(expression):
        raise _invalid(f"Invalid Schedule Expression {expression}.")
    zone = call.text("ScheduleExpressionTimezone")
    if zone and zone not in available_timezones():
        raise _invalid(f"Invalid ScheduleExpressionTimezone: {zone}.")
    _check_window(call)
    start, end = call.parameters.get("StartDate"), call.parameters.get("EndDate")
    if start is not None and end is not None and start >= end:
        raise _invalid("The StartDate you specify must come before the EndDate.")
    target = call.parameters.get("Target") or {}
    if not is_arn(str(target.get("Arn") or "")):
        raise _invalid("Provided Arn is not in correct format.")


def _check_window(call: Call) -> None:
    window = call.parameters.get("FlexibleTimeWindow") or {}
    is_flexible = window.get("Mode") == "FLEXIBLE"
    if is_flexible and window.get("MaximumWindowInMinutes") is None:
        raise _invalid("MaximumWindowInMinutes must be provided when Flexible Time Window Mode is set to FLEXIBLE.")
    if not is_flexible and window.get("MaximumWindowInMinutes") is not None:
        raise _invalid("MaximumWindowInMinutes must not be provided when Flexible Time Window Mode is set to OFF.")


def _invalid(message: str) -> Refused:
    return Refused("ValidationException", message)
