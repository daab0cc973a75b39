"""No notifications: a subscriber polls the memory each time its wait is over."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio


class NoNotifications:
    """`ports.StatusNotifications` where no Redis is configured."""

    def publish(self, memory_id: str) -> None: ...

    @asynccontextmanager
    async def subscribe(self, memory_id: str) -> AsyncIterator["Polling"]:  # noqa: ARG002
        yield Polling()


class Polling:
    async def changed(self, up_to_seconds: float) -> bool:
        await anyio.sleep(up_to_seconds)
        return False
