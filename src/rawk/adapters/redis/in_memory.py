"""News inside one process, from any thread of it: for tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Lock

from rawk.adapters.redis.subscribers import Follower, Followers


class InMemoryStatusNotifications:
    """`ports.StatusNotifications`; all its followers are of one event loop."""

    def __init__(self) -> None:
        self._followers = Followers()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = Lock()

    def announce(self, memory_id: str) -> None:
        with self._lock:  # so that the loop is not over between the look and the call: whoever follows keeps it
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._followers.tell, memory_id)

    @asynccontextmanager
    async def follow(self, memory_id: str) -> AsyncIterator[Follower]:
        try:
            with self._followers.one_more(memory_id) as follower:
                self._hear_by(asyncio.get_running_loop())
                follower.tell()
                yield follower
        finally:
            if not self._followers:
                self._hear_by(None)

    def _hear_by(self, loop: asyncio.AbstractEventLoop | None) -> None:
        with self._lock:
            self._loop = loop
