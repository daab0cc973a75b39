"""Who in this process follows which memory. Of one event loop, and never touched from outside of it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import anyio


class Follower:
    """`ports.Following`: an announcement that comes while nobody waits ends the next wait."""

    def __init__(self) -> None:
        self._told = asyncio.Event()

    def tell(self) -> None:
        self._told.set()

    async def changed(self, up_to_seconds: float) -> bool:
        with anyio.move_on_after(up_to_seconds):
            await self._told.wait()
        told = self._told.is_set()
        self._told.clear()
        return told


class Followers:
    def __init__(self) -> None:
        self._by_memory: dict[str, set[Follower]] = {}

    def __bool__(self) -> bool:
        return bool(self._by_memory)

    @contextmanager
    def one_more(self, memory_id: str) -> Iterator[Follower]:
        follower, followers = Follower(), self._by_memory.setdefault(memory_id, set())
        followers.add(follower)
        try:
            yield follower
        finally:
            followers.remove(follower)
            if not followers:
                del self._by_memory[memory_id]

    def tell(self, memory_id: str) -> None:
        for follower in self._by_memory.get(memory_id, ()):
            follower.tell()

    def tell_all(self) -> None:
        for memory_id in self._by_memory:
            self.tell(memory_id)
