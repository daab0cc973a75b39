"""Saying something that may get lost, in a time that is bounded whatever the other side does.

A thread of its own says it, because no library bounds all of it: looking up a name alone may take many seconds.
"""

from collections.abc import Callable
from math import inf
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread
from time import monotonic

from rawk.adapters.redis.outage_log import Outage

PATIENCE_SECONDS = 0.25
"""Longest wait for one announcement. There is one at all because a function is frozen as soon as it has answered."""

QUIET_SECONDS = 15.0
"""So long nothing is announced after a failure or the end of patience: a dead Redis must not cost each commit."""

WAITING = 100
"""Announcements at once; what is beyond is lost."""


class Publisher:
    """Thread-safe. Starts its thread with the first announcement; it ends with the process, or by `close`."""

    def __init__(self, publish: Callable[[str], None], failures: tuple[type[Exception], ...]) -> None:
        self._publish = publish
        self._failures: tuple[type[Exception], ...] = (*failures, TimeoutError)
        self._waiting: Queue[tuple[str, Event] | None] = Queue(WAITING)
        self._outage = Outage("announcing")
        self._quiet_until = 0.0
        self._start = Lock()
        self._thread: Thread | None = None

    def announce(self, memory_id: str) -> None:
        if monotonic() < self._quiet_until:
            return
        self._start_once()
        over = Event()
        try:
            self._waiting.put_nowait((memory_id, over))
        except Full:
            return
        if not over.wait(PATIENCE_SECONDS):
            self._be_quiet()

    def close(self) -> None:
        """Announce nothing any more. Waits for what is under way, but not for long."""
        self._quiet_until = inf
        self._drop_what_waits()
        self._waiting.put(None)
        if self._thread is not None:
            self._thread.join(PATIENCE_SECONDS)

    def _start_once(self) -> None:
        with self._start:
            if self._thread is None:
                self._thread = Thread(target=self._go_on, name="announcer", daemon=True)
                self._thread.start()

    def _go_on(self) -> None:
        while (announcement := self._waiting.get()) is not None:
            memory_id, over = announcement
            try:
                self._publish_in_time(memory_id)
            except self._failures as error:
                self._be_quiet()
                self._drop_what_waits()
                self._outage.goes_on(error)
            else:
                self._outage.is_over()
            finally:
                over.set()

    def _publish_in_time(self, memory_id: str) -> None:
        began = monotonic()
        self._publish(memory_id)
        if monotonic() - began > PATIENCE_SECONDS:
            raise TimeoutError

    def _be_quiet(self) -> None:
        self._quiet_until = max(self._quiet_until, monotonic() + QUIET_SECONDS)  # a closed one stays so

    def _drop_what_waits(self) -> None:
        try:
            while (announcement := self._waiting.get_nowait()) is not None:
                announcement[1].set()
        except Empty:
            return
        self._waiting.put(None)  # it was the end
