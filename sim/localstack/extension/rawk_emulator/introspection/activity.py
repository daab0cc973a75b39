"""What is going on in the emulator, so that whoever steers the world's time knows when it may jump.

An *activity* is a batch of a mapping, an asynchronous invocation, a direct one, a scheduled rule being carried out. It
is busy unless its function is held: asleep through `time.sleep`. (Functions held by a slow answer from elsewhere are
known there, and subtracted by whoever asks.)
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
    """One thing under way. `deadline` is set while its function runs, in seconds since 1970."""

    what: str
    deadline: float | None = None
    sleeping: int = 0
    at_function: bool = False


@contextmanager
def under_way(what: str) -> Iterator[Activity]:
    """Something goes on until the block ends; inside another one in the same thread it is part of that."""
    outer: Activity | None = getattr(_current, "activity", None)
    if outer is not None:
        yield outer
        return
    with go_on(begin(what)) as activity:
        yield activity


def begin(what: str) -> Activity:
    """Something begins that another thread may go on with; `go_on` or `end` ends it."""
    activity = Activity(what)
    with _lock:
        _under_way.add(activity)
    _count()
    return activity


@contextmanager
def go_on(activity: Activity) -> Iterator[Activity]:
    """Go on with what was begun, in this thread, until the block ends."""
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
    """The function itself runs, and must be done by the deadline."""
    activity.at_function, activity.deadline = True, deadline
    _count()
    try:
        yield
    finally:
        activity.at_function, activity.deadline = False, None
        _count()


def fall_asleep(activity: Activity) -> None:
    """The function sleeps."""
    activity.sleeping += 1
    _count()


def wake_up(activity: Activity) -> None:
    """It goes on."""
    activity.sleeping -= 1
    _count()


def snapshot() -> list[Activity]:
    """Everything that is under way now."""
    with _lock:
        return list(_under_way)


def changes() -> int:
    """A number that is another whenever anything began, ended, fell asleep or woke."""
    return _changes


def wait_for_change(known_changes: int, limit_seconds: float) -> None:
    """Until something begins, ends, falls asleep or wakes, or so many real seconds have passed."""
    with _lock:
        _lock.wait_for(lambda: _changes != known_changes, limit_seconds)


def _count() -> None:
    global _changes
    with _lock:
        _changes += 1
        _lock.notify_all()
