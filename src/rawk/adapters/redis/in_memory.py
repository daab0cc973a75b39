"""Notifications inside one process, from any of its threads: for tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Lock

from rawk.adapters.redis.subscribers import Subscriber, Subscribers


class InMemoryStatusNotifications:
    """`ports.StatusNotifications`; all its subscribers belong to one event loop."""

    def __init__(self) -> None:
        self._subscribers = Subscribers()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = Lock()

    def publish(self, memory_id: str) -> None:
        with self._lock:  # the loop must not end between the check and the call; its subscribers keep it running
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._subscribers.notify, memory_id)

    @asynccontextmanager
    async def subscribe(self, memory_id: str) -> AsyncIterator[Subscriber]:
        try:
            with self._subscribers.added(memory_id) as subscriber:
                self._use_loop(asyncio.get_running_loop())
                subscriber.notify()
                yield subscriber
        finally:
            if not self._subscribers:
                self._use_loop(None)

    def _use_loop(self, loop: asyncio.AbstractEventLoop | None) -> None:
        with self._lock:
            self._loop = loop
