"""Publishing notifications in bounded time, whatever Redis does. They may get lost.

A thread of its own publishes, because no client library bounds all of it: a name look-up alone may take many seconds.
"""

from collections.abc import Callable
from math import inf
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread
from time import monotonic

from rawk.adapters.redis.outage_log import OutageLog

TIMEOUT_SECONDS = 0.25
"""Longest wait for one notification. `publish` waits at all because Lambda freezes a function once it has answered."""

PAUSE_SECONDS = 15.0
"""After a failure or a timeout nothing is published for this long: a dead Redis must not delay every commit."""

QUEUE_SIZE = 100
"""Notifications that wait at the same time; more are lost."""


class Publisher:
    """Thread-safe. Starts its thread with the first notification; it ends with the process, or by `close`."""

    def __init__(self, publish: Callable[[str], None], failures: tuple[type[Exception], ...]) -> None:
        self._publish = publish
        self._failures: tuple[type[Exception], ...] = (*failures, TimeoutError)
        self._queue: Queue[tuple[str, Event] | None] = Queue(QUEUE_SIZE)
        self._outage = OutageLog("publishing")
        self._paused_until = 0.0
        self._start = Lock()
        self._thread: Thread | None = None

    def publish(self, memory_id: str) -> None:
        if monotonic() < self._paused_until:
            return
        self._start_once()
        done = Event()
        try:
            self._queue.put_nowait((memory_id, done))
        except Full:
            return
        if not done.wait(TIMEOUT_SECONDS):
            self._pause()

    def close(self) -> None:
        """Publish nothing any more. Waits for a notification in progress, for TIMEOUT_SECONDS at most."""
        self._paused_until = inf
        self._empty_queue()
        self._queue.put(None)
        if self._thread is not None:
            self._thread.join(TIMEOUT_SECONDS)

    def _start_once(self) -> None:
        with self._start:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="status publisher", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while (notification := self._queue.get()) is not None:
            memory_id, done = notification
            try:
                self._publish_in_time(memory_id)
            except self._failures as error:
                self._pause()
                self._empty_queue()
                self._outage.failed(error)
            else:
                self._outage.succeeded()
            finally:
                done.set()

    def _publish_in_time(self, memory_id: str) -> None:
        began = monotonic()
        self._publish(memory_id)
        if monotonic() - began > TIMEOUT_SECONDS:
            raise TimeoutError

    def _pause(self) -> None:
        self._paused_until = max(self._paused_until, monotonic() + PAUSE_SECONDS)  # after `close` it stays infinite

    def _empty_queue(self) -> None:
        try:
            while (notification := self._queue.get_nowait()) is not None:
                notification[1].set()
        except Empty:
            return
        self._queue.put(None)  # `close` put it there: the thread still has to end
