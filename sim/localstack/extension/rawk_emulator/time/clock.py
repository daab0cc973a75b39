"""The one place the extension takes its time from, and where everything that waits for a moment says so.

Time here is the world's (see world_time.py). Whoever waits for a moment waits through `wait_until`, so that the world
knows what is due next, and is woken when its time jumps there.
"""

import threading
import time
from collections.abc import Callable

_changed = threading.Condition()
_waiting: dict[object, float] = {}

LONGEST_REAL_WAIT_SECONDS = 0.25
"""Nobody trusts a wake-up blindly."""


def now_seconds() -> float:
    """Seconds since 1970 in this world."""
    return time.time()


def wait_until(
    moment_seconds: float,
    ended_early: Callable[[], bool] = lambda: False,
    *,
    once_waiting: Callable[[], object] = lambda: None,
    before_leaving: Callable[[], object] = lambda: None,
) -> None:
    """Wait for a moment of the world, or until `ended_early`; counted as waiting meanwhile.

    Whoever counts as busy until here says `once_waiting` that it is so no more, and `before_leaving` that it is again:
    in between there is no gap in which it would be neither, and time could jump over it.
    """
    waiter = object()
    with _changed:
        _waiting[waiter] = moment_seconds
    once_waiting()
    try:
        with _changed:
            while (left := moment_seconds - now_seconds()) > 0 and not ended_early():
                _changed.wait(min(left, LONGEST_REAL_WAIT_SECONDS))
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
    """Wait so long in the world's time; see `wait_until`."""
    wait_until(now_seconds() + seconds, ended_early, once_waiting=once_waiting, before_leaving=before_leaving)


def next_due_seconds() -> float | None:
    """The first moment that somebody waits for."""
    with _changed:
        return min(_waiting.values(), default=None)


def wake() -> None:
    """Time has jumped, or something else that waiters look at has changed."""
    with _changed:
        _changed.notify_all()
