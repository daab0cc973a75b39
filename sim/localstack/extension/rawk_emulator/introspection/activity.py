"""The activities of the emulator, so that the virtual clock knows when it may jump.

An *activity* is a batch of a mapping, an asynchronous invocation, a direct invocation, or a scheduled rule that is
carried out. It is busy unless its function sleeps in `time.sleep`, or it waits for a moment that the clock knows.
(Functions that wait for a slow answer from another server are known to that server, and the virtual clock subtracts
them.)
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_lock = threading.Condition()
_current = threading.local()
_under_way: set["Activity"] = set()
_changes = 0


@dataclass(eq=False)
class Activity:
    """One activity. `deadline` is set while its function runs, in seconds since 1970."""

    what: str
    deadline: float | None = None
    sleeping: int = 0
    at_function: bool = False
    is_waiting: bool = False


@contextmanager
def under_way(what: str) -> Iterator[Activity]:
    """An activity until the block ends; inside another activity of the same thread it is part of that one."""
    outer: Activity | None = getattr(_current, "activity", None)
    if outer is not None:
        yield outer
        return
    with resume(begin(what)) as activity:
        yield activity


def begin(what: str) -> Activity:
    """Begin an activity that another thread may continue; `resume` or `end` ends it."""
    activity = Activity(what)
    with _lock:
        _under_way.add(activity)
    _count()
    return activity


@contextmanager
def resume(activity: Activity) -> Iterator[Activity]:
    """Continue an activity in this thread until the block ends."""
    _current.activity = activity
    try:
        yield activity
    finally:
        _current.activity = None
        end(activity)


def end(activity: Activity) -> None:
    with _lock:
        _under_way.discard(activity)
    _count()


@contextmanager
def at_function(activity: Activity, deadline: float) -> Iterator[None]:
    """The function itself runs, and must end by the deadline."""
    activity.at_function, activity.deadline = True, deadline
    _count()
    try:
        yield
    finally:
        activity.at_function, activity.deadline = False, None
        _count()


def set_waiting(activity: Activity, is_waiting: bool) -> None:
    """Whether it does nothing until a moment that the clock knows, such as the retry of a throttled batch."""
    activity.is_waiting = is_waiting
    _count()


def fall_asleep(activity: Activity) -> None:
    """The function sleeps."""
    activity.sleeping += 1
    _count()


def wake_up(activity: Activity) -> None:
    """The function runs again."""
    activity.sleeping -= 1
    _count()


def snapshot() -> list[Activity]:
    """All activities at this moment."""
    with _lock:
        return list(_under_way)


def changes() -> int:
    """A number that changes whenever an activity begins, ends, falls asleep or wakes up."""
    return _changes


def wait_for_change(known_changes: int, limit_seconds: float) -> None:
    """Wait until an activity begins, ends, falls asleep or wakes up, for the given real seconds at most."""
    with _lock:
        _lock.wait_for(lambda: _changes != known_changes, limit_seconds)


def _count() -> None:
    global _changes
    with _lock:
        _changes += 1
        _lock.notify_all()
