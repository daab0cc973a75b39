"""The one place where the extension reads the time, and where every wait for a moment is registered.

The time is virtual (see shared_offset.py). All waits go through `wait_until`, so that the virtual clock knows the next
due moment, and a wait ends when the clock jumps to it.
"""

import threading
import time
from collections.abc import Callable

from . import shared_offset

_changed = threading.Condition()
_waiting: dict[object, float] = {}

MAX_REAL_WAIT_SECONDS = 0.25
"""A wait also ends after this time without a wake-up, in case one is missed."""


def now_seconds() -> float:
    """Seconds since 1970 in virtual time."""
    return time.time()


def machine_seconds() -> float:
    """Seconds since 1970 by the machine's clock."""
    return shared_offset.machine_seconds()


def wait_until(
    moment_seconds: float,
    ended_early: Callable[[], bool] = lambda: False,
    *,
    once_waiting: Callable[[], object] = lambda: None,
    before_leaving: Callable[[], object] = lambda: None,
) -> None:
    """Wait for a moment of virtual time, or until `ended_early`; registered as a wait meanwhile.

    A caller that counts as busy until now reports through `once_waiting` that it is no longer busy, and through
    `before_leaving` that it is busy again, so that there is no gap between the two that the clock could jump over.
    """
    waiter = object()
    with _changed:
        _waiting[waiter] = moment_seconds
    once_waiting()
    try:
        with _changed:
            while (left := moment_seconds - now_seconds()) > 0 and not ended_early():
                _changed.wait(min(left, MAX_REAL_WAIT_SECONDS))
    finally:
        before_leaving()
        with _changed:
            del _waiting[waiter]


def wait(
    seconds: float,
    ended_early: Callable[[], bool] = lambda: False,
    *,
    once_waiting: Callable[[], object] = lambda: None,
    before_leaving: Callable[[], object] = lambda: None,
) -> None:
    """Wait for a duration of virtual time; see `wait_until`."""
    wait_until(now_seconds() + seconds, ended_early, once_waiting=once_waiting, before_leaving=before_leaving)


def next_due_seconds() -> float | None:
    """The earliest moment that is waited for."""
    with _changed:
        return min(_waiting.values(), default=None)


def wake() -> None:
    """Time has jumped, or another condition of the waits has changed."""
    with _changed:
        _changed.notify_all()
