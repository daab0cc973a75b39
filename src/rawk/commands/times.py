"""Points in time as operators type them: an ISO time with its zone, or so long ago."""

import argparse
import re
from datetime import datetime, timedelta

FORMATS = "2026-11-30T14:00:00Z, or so long ago: 90s, 30m, 2h, 1h30m, 7d"

_AGO = re.compile(r"(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)
_LONGEST_AGO = timedelta(days=36_500)
"""More than there can be; a longer one is a typing error."""


def time_or_ago(text: str) -> datetime | timedelta:
    """Raises ArgumentTypeError."""
    ago = _AGO.fullmatch(text)
    try:
        if ago is not None:
            days, hours, minutes, seconds = (int(number or 0) for number in ago.groups())
            duration = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
            if duration > _LONGEST_AGO:
                raise OverflowError
            return duration
        time = datetime.fromisoformat(text)
    except (OverflowError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; give one as {FORMATS}") from error
    if time.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no time zone; add Z for UTC, or an offset such as +01:00")
    return time


def moment(given: datetime | timedelta | None, now: datetime) -> datetime | None:
    """The point in time that was meant, seen from now."""
    return now - given if isinstance(given, timedelta) else given
