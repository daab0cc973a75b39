"""Calls that a client's request need not wait for: each in bounded time, and none for a while after one hung.

Timeouts of a socket do not bound a call: a look-up of a name may hang, and an answer may come byte by byte. So each
call has a thread, and its caller leaves it there when the time is over; the call may still take effect.
"""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from threading import Lock
from time import monotonic
from typing import Any

TIMEOUT_SECONDS = 1.5
"""Longest wait for one call: with it an upload is answered within three seconds. SQS and S3 take milliseconds."""

SLOW_FAILURE_SECONDS = 0.5
"""A failure that took this long counts as a call that hung; after a quicker one the next call is made as usual."""

PAUSE_SECONDS = 5.0
"""After a call that hung no call is made for this long."""

CALLS_AT_ONCE = 32
"""Threads. Further calls wait for one within their own timeout."""


class CallNotAnswered(Exception):
    """The call was not answered in time, or it was not made at all because an earlier one hung."""


class BoundedCalls:
    """Thread-safe. When one call hangs, all callers that wait are released: they would wait for the same."""

    def __init__(self, name: str) -> None:
        self._threads = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix=name)
        self._lock = Lock()
        self._paused_until = float("-inf")
        self._next_pause: Future[None] = Future()

    def run[**P](self, call: Callable[P, object], *arguments: P.args, **keywords: P.kwargs) -> None:
        """Raises what the call raises, or CallNotAnswered after TIMEOUT_SECONDS at most."""
        with self._lock:
            if monotonic() < self._paused_until:
                raise CallNotAnswered(f"a call was not answered in the last {PAUSE_SECONDS:g} s")
            pause = self._next_pause
        began = monotonic()
        future = self._threads.submit(copy_context().run, lambda: call(*arguments, **keywords))
        either: tuple[Future[Any], ...] = (future, pause)
        wait(either, TIMEOUT_SECONDS, FIRST_COMPLETED)
        if not future.done():
            future.cancel()
            self._pause()
            raise CallNotAnswered(f"no answer within {TIMEOUT_SECONDS:g} s, to this call or to another")
        if future.exception() is not None and monotonic() - began >= SLOW_FAILURE_SECONDS:
            self._pause()
        future.result()

    def close(self) -> None:
        """Calls that still wait for a thread are never made."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _pause(self) -> None:
        with self._lock:
            if monotonic() < self._paused_until:
                return
            self._paused_until = monotonic() + PAUSE_SECONDS
            begun, self._next_pause = self._next_pause, Future()
        begun.set_result(None)
