"""The expressions of schedules: `rate(…)`, `cron(…)` and `at(…)`.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html,
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import re
from dataclasses import dataclass
from datetime import datetime

_RATE = re.compile(r"rate\((\d+)\s+(minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\(\s*([^()]*?)\s*\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MAX_WEEKS = 5


@dataclass(frozen=True)
class _Field:
    least: int
    most: int
    names: tuple[str, ...] = ()
    special: str = "(?!)"
    """A pattern of what this field takes beside numbers; by itself it takes nothing."""

    def takes(self, text: str) -> bool:
        return all(self._takes_part(each) for each in text.split(","))

    def _takes_part(self, part: str) -> bool:
        span, slash, step = part.partition("/")
        if slash and not (step.isdecimal() and int(step) > 0):
            return False
        return span == "*" or self._is_value(span) or all(self._is_value(each) for each in span.split("-", 1))

    def _is_value(self, text: str) -> bool:
        if text.upper() in self.names:
            return True
        if text.isdecimal():
            return self.least <= int(text) <= self.most
        special = re.fullmatch(self.special, text, re.IGNORECASE)
        return special is not None and all(self._is_value(each) for each in special.groups() if each)


_DAY_OF_MONTH = _Field(1, 31, special=r"LW?|(\d+)W|L-(\d+)")
_DAY_OF_WEEK = _Field(1, 7, _DAYS, special=rf"L|(\w+?)L|(\w+)#[1-{_MAX_WEEKS}]")
_FIELDS = (
    _Field(0, 59),
    _Field(0, 23),
    _DAY_OF_MONTH,
    _Field(1, 12, _MONTHS),
    _DAY_OF_WEEK,
    _Field(1970, 2199),
)


def is_rate_or_cron(expression: str) -> bool:
    """Whether it is a valid schedule of a rule."""
    return _is_rate(expression) or _is_cron(expression)


def is_schedule(expression: str) -> bool:
    """Whether it is a valid schedule of EventBridge Scheduler."""
    return is_at(expression) or is_rate_or_cron(expression) or _is_rate_of_scheduler(expression)


def is_at(expression: str) -> bool:
    """Whether it is one moment, as `at(2030-11-20T13:00:00)`."""
    found = _AT.fullmatch(expression)
    if found is None:
        return False
    try:
        datetime.fromisoformat(found[1])
    except ValueError:
        return False
    return "T24" not in found[1]  # Python's midnight at the end of a day


def _is_rate(expression: str) -> bool:
    """A rate of 1 has a singular unit, every other a plural one."""
    found = _RATE.fullmatch(expression)
    return found is not None and int(found[1]) > 0 and (int(found[1]) == 1) == (found[3] == "")


def _is_rate_of_scheduler(expression: str) -> bool:
    """Scheduler takes each unit with each number."""
    found = _RATE.fullmatch(expression)
    return found is not None and int(found[1]) > 0


def _is_cron(expression: str) -> bool:
    found = _CRON.fullmatch(expression)
    fields = found[1].split() if found else []
    if len(fields) != len(_FIELDS):
        return False
    of_month, of_week = fields[2], fields[4]
    if (of_month == "?") == (of_week == "?"):
        return False
    if "#" in of_week and "," in of_week:  # AWS reads two expressions
        return False
    return all(each == "?" or field.takes(each) for each, field in zip(fields, _FIELDS, strict=True)) and not any(
        "?" in each for index, each in enumerate(fields) if index not in (2, 4)
    )
