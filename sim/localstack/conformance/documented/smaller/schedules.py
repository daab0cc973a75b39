"""EventBridge Scheduler's schedules and groups."""

from typing import Any

from sim.localstack.conformance.documented.registry import Checks, expect_error
from sim.localstack.conformance.documented.smaller.fixtures import schedule_group
from sim.localstack.conformance.documented.smaller_services import DOCS, FUNCTION, ROLE, refuse_each
from sim.localstack.conformance.target import Target

SCHEDULES = Checks("Scheduler", f"{DOCS}scheduler/latest/APIReference/")
TYPES = f"{DOCS}scheduler/latest/UserGuide/schedule-types.html"
INVALID, MISSING, CONFLICT = "ValidationException", "ResourceNotFoundException", "ConflictException"

SCHEDULE: dict[str, Any] = {
    "Name": "schedule",
    "ScheduleExpression": "rate(1 day)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {"Arn": FUNCTION, "RoleArn": ROLE},
    "State": "DISABLED",
}
WRONG = (
    "rate(0 minutes)",
    "rate(-1 hours)",
    "rate(1 second)",
    "cron(0 24 * * ? *)",
    "cron(0 0 32 * ? *)",
    "cron(0 0 * * * *)",
    "cron(0 0 ? * ? *)",
    "cron(61 0 * * ? *)",
    "at(2030-02-30T00:00:00)",
    "at(2030-01-01T24:00:00)",
    "at(2030-01-01)",
    "every minute",
)

refuse_each(SCHEDULES, "scheduler", INVALID, "CreateSchedule", SCHEDULE, {
    **{repr(each): {"ScheduleExpression": each} for each in WRONG},
    "an unknown time zone": {"ScheduleExpressionTimezone": "Europe/Nowhere"},
    "an offset as the time zone": {"ScheduleExpressionTimezone": "+25:00"},
    "a flexible window without its length": {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
    "a length of a window that is off": {"FlexibleTimeWindow": {"Mode": "OFF", "MaximumWindowInMinutes": 5}},
    "a start after the end": {"StartDate": 2_000_000_000, "EndDate": 1_999_999_999},
    "a target that is no ARN": {"Target": {"Arn": "function", "RoleArn": ROLE}},
})  # fmt: skip
refuse_each(SCHEDULES, "scheduler", MISSING, "CreateSchedule", SCHEDULE, {
    "a group that does not exist": {"GroupName": "no-such-group"}})  # fmt: skip
refuse_each(SCHEDULES, "scheduler", INVALID, "UpdateSchedule", SCHEDULE, {
    "'rate(0 minutes)'": {"ScheduleExpression": "rate(0 minutes)"},
    "an unknown time zone": {"ScheduleExpressionTimezone": "Mars/Olympus"},
    "a flexible window without its length": {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
})  # fmt: skip
for _operation in ("GetSchedule", "DeleteSchedule"):
    refuse_each(SCHEDULES, "scheduler", MISSING, _operation, {"Name": "no-such-schedule"}, {
        "a schedule that does not exist": {},
        "a group that does not exist": {"GroupName": "no-such-group"},
    })  # fmt: skip
refuse_each(SCHEDULES, "scheduler", MISSING, "UpdateSchedule", {**SCHEDULE, "Name": "no-such-schedule"}, {
    "a schedule that does not exist": {}, "a group that does not exist": {"GroupName": "no-such-group"}})  # fmt: skip
for _operation in ("GetScheduleGroup", "DeleteScheduleGroup"):
    refuse_each(SCHEDULES, "scheduler", MISSING, _operation, {}, {
        "a group that does not exist": {"Name": "no-such-group"}})  # fmt: skip
refuse_each(SCHEDULES, "scheduler", MISSING, "ListSchedules", {}, {
    "a group that does not exist": {"GroupName": "no-such-group"}})  # fmt: skip
refuse_each(SCHEDULES, "scheduler", INVALID, "DeleteScheduleGroup", {}, {"the default group": {"Name": "default"}})
refuse_each(SCHEDULES, "scheduler", CONFLICT, "CreateScheduleGroup", {}, {"the default group": {"Name": "default"}})


@SCHEDULES.check("A second group of the same name is refused: ConflictException", "API_CreateScheduleGroup.html")
def second_group(target: Target) -> None:
    with schedule_group(target) as name:
        expect_error(CONFLICT, lambda: target.client("scheduler").create_schedule_group(Name=name))


@SCHEDULES.check("A second schedule of the same name is refused: ConflictException", "API_CreateSchedule.html")
def second_schedule(target: Target) -> None:
    with schedule_group(target) as group:
        scheduler = target.client("scheduler")
        scheduler.create_schedule(**SCHEDULE, GroupName=group)
        expect_error(CONFLICT, lambda: scheduler.create_schedule(**SCHEDULE, GroupName=group))


for _expression, _zone in (
    ("rate(1 minutes)", "UTC"),
    ("rate(5 minutes)", "Europe/Berlin"),
    ("cron(0 10 ? * MON-FRI *)", "America/New_York"),
    ("at(2099-11-20T13:00:00)", "UTC"),
):

    def _create(target: Target, expression: str = _expression, zone: str = _zone) -> None:
        with schedule_group(target) as group:
            target.client("scheduler").create_schedule(
                **{**SCHEDULE, "ScheduleExpression": expression, "ScheduleExpressionTimezone": zone}, GroupName=group
            )

    SCHEDULES.accepts(f"CreateSchedule with {_expression!r} in {_zone}", TYPES, _create)
