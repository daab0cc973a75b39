"""Threads for calls that block, in groups by what they may wait for, so that one part that hangs delays no other.

A client gets its answer in bounded time, whatever hangs, and however many requests wait for the same.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from threading import Barrier

import anyio

from rawk.domain.errors import DatabaseUnavailable, StorageUnavailable, Unavailable

ANSWER_SECONDS = 15.0
"""Longest time for one call, the wait for a thread included. Less than the limits in front of the API: 29 s of API
Gateway, 60 s of a load balancer. The timeouts of the adapters end a call within it when one part hangs."""

UPLOAD_THREADS = 32
STORAGE_THREADS = 16
DATABASE_THREADS = 32
METRICS_THREADS = 1
"""Scrapes wait for one query of the database anyway (`rawk.api.metrics`)."""


class BoundedThreads:
    """The threads of one group of requests."""

    def __init__(self, name: str, threads: int, unavailable: type[Unavailable]) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._size = threads
        self._unavailable = unavailable

    def start_all(self) -> None:
        """Start every thread now. Otherwise the event loop starts them during the first burst of requests, and waits
        for each: in all up to half a second in which it answers nobody."""
        all_run = Barrier(self._size + 1)
        try:
            for _ in range(self._size):
                self._threads.submit(all_run.wait)
            all_run.wait()
        except BaseException:
            all_run.abort()  # the threads that wait would never end, and neither would the process
            raise

    def start[T](self, call: Callable[[], T]) -> Future[T]:
        return self._threads.submit(copy_context().run, call)

    async def run[**P, T](self, call: Callable[P, T], *arguments: P.args, **keywords: P.kwargs) -> T:
        """Raises what the call raises, or the group's Unavailable after ANSWER_SECONDS at most."""
        return await self.answer_of(self.start(lambda: call(*arguments, **keywords)))

    async def answer_of[T](self, future: Future[T]) -> T:
        """The result of a call that was started. A call that has not begun in time is not made any more; one that has
        begun goes on without its client. Raises as `run` does."""
        with anyio.move_on_after(ANSWER_SECONDS, shield=True):
            return await asyncio.wrap_future(future)
        raise self._unavailable(f"no answer within {ANSWER_SECONDS:g} s")

    def close(self) -> None:
        """Calls that wait for a thread are not made any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class ThreadGroups:
    """Every group of the API. Health checks have threads of their own, too."""

    def __init__(self) -> None:
        self.uploads = BoundedThreads("uploads", UPLOAD_THREADS, StorageUnavailable)
        self.storage = BoundedThreads("storage", STORAGE_THREADS, StorageUnavailable)
        """Requests that need the store beside the database."""
        self.database = BoundedThreads("database", DATABASE_THREADS, DatabaseUnavailable)
        """All other requests. Neither a send nor a removal of audio blocks them for long (`rawk.adapters`)."""
        self.metrics = BoundedThreads("metrics", METRICS_THREADS, DatabaseUnavailable)
        self._groups = (self.uploads, self.storage, self.database, self.metrics)

    def start_all(self) -> None:
        for group in self._groups:
            group.start_all()

    def close(self) -> None:
        for group in self._groups:
            group.close()
