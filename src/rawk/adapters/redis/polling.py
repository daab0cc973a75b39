"""No news: whoever follows a memory looks again each time that its patience is over."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio


class NoNotifications:
    """`ports.StatusNotifications` where nothing carries any."""

    def announce(self, memory_id: str) -> None: ...

    @asynccontextmanager
    async def follow(self, memory_id: str) -> AsyncIterator["Polling"]:  # noqa: ARG002
        yield Polling()


class Polling:
    async def changed(self, up_to_seconds: float) -> bool:
        await anyio.sleep(up_to_seconds)
        return False
