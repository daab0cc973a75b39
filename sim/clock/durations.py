"""Durations for scenarios, such as `within=minutes(5)`."""

from datetime import timedelta


def seconds(count: float) -> timedelta:
    """A duration of `count` seconds."""
    return timedelta(seconds=count)


def minutes(count: float) -> timedelta:
    """A duration of `count` minutes."""
    return timedelta(minutes=count)


def hours(count: float) -> timedelta:
    """A duration of `count` hours."""
    return timedelta(hours=count)


def days(count: float) -> timedelta:
    """A duration of `count` days."""
    return timedelta(days=count)


def spoken(duration: timedelta) -> str:
    """`90 s`, `5 min`, `2 h`: a duration as messages show it."""
    whole = duration.total_seconds()
    for unit_seconds, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if whole >= 2 * unit_seconds or whole == unit_seconds:
            return f"{whole / unit_seconds:.3g} {unit}"
    return f"{whole:.3g} s"
