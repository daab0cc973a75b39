"""Ends a world in which the product runs on and calls no port any more, so that no limit of steps can end it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class EndlessWorld(Exception):
    """The processor time of one world is over; the cause shows the place."""


class _TimeIsOver(BaseException):
    """No handler of the product catches it."""


@contextmanager
def ended_after(seconds: float) -> Iterator[None]:
    """Raise EndlessWorld after so much processor time. A busy machine changes nothing. In the main thread only."""
    before = signal.signal(signal.SIGVTALRM, _end)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    except _TimeIsOver as error:
        raise EndlessWorld(f"a world has not ended after {seconds:g} s of processor time") from error
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _end(*_: object) -> None:
    raise _TimeIsOver
