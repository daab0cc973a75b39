"""The subscribers of this process, by memory. They belong to one event loop and are used from that loop alone."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import anyio


class Subscriber:
    """`ports.Subscription`: a notification that comes while nothing waits for it ends the next wait."""

    def __init__(self) -> None:
        self._notified = asyncio.Event()

    def notify(self) -> None:
        self._notified.set()

    async def changed(self, up_to_seconds: float) -> bool:
        with anyio.move_on_after(up_to_seconds):
            await self._notified.wait()
        notified = self._notified.is_set()
        self._notified.clear()
        return notified


class Subscribers:
    def __init__(self) -> None:
        self._by_memory: dict[str, set[Subscriber]] = {}

    def __bool__(self) -> bool:
        return bool(self._by_memory)

    @contextmanager
    def added(self, memory_id: str) -> Iterator[Subscriber]:
        subscriber, subscribers = Subscriber(), self._by_memory.setdefault(memory_id, set())
        subscribers.add(subscriber)
        try:
            yield subscriber
        finally:
            subscribers.remove(subscriber)
            if not subscribers:
                del self._by_memory[memory_id]

    def notify(self, memory_id: str) -> None:
        for subscriber in self._by_memory.get(memory_id, ()):
            subscriber.notify()

    def notify_all(self) -> None:
        for memory_id in self._by_memory:
            self.notify(memory_id)
