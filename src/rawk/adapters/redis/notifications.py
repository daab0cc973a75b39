"""News by Redis pub/sub (https://redis.io/docs/latest/develop/pubsub/), which keeps nothing for those who are away.

One channel carries the ids of all memories, and a process listens by one connection, however many it streams to; it
knows by itself who follows which. Channels are the same in all of a Redis's numbered databases, so two deployments that
share a Redis hear each other's ids, which nobody there follows.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry

from rawk.adapters.redis.outage_log import Outage
from rawk.adapters.redis.publisher import PATIENCE_SECONDS, Publisher
from rawk.adapters.redis.subscribers import Follower, Followers

CHANNEL = "rawk:status"

CONNECT_SECONDS = 2.0
"""For who listens, and keeps nobody waiting."""

SILENCE_SECONDS = 10.0
"""After so long without a word from Redis it is asked whether it is there; after as long again it is not."""

CONNECT_AGAIN_SECONDS = 5.0

_PLAIN: dict[str, Any] = {"protocol": 2, "driver_info": None}
"""No words beforehand: one command, one answer. The older protocol has all that pub/sub needs."""

FAILURES = (redis.RedisError, OSError, ValueError)  # a host name that can not be one is a ValueError


class RedisStatusNotifications:
    """`ports.StatusNotifications`. Announces from any thread; all its followers are of one event loop."""

    def __init__(self, url: str) -> None:
        """Calls nobody yet. The URL is one that `config.redis_url` has let pass."""
        self._url = url
        self._publisher = redis.Redis.from_url(
            url,
            socket_connect_timeout=PATIENCE_SECONDS,
            socket_timeout=PATIENCE_SECONDS,
            # A connection that lay idle may have been closed since; waiting twice would only be slower.
            retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
            **_PLAIN,
        )
        self._announcer = Publisher(self._publish, FAILURES)
        self._followers = Followers()
        self._listening: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._hears = False
        self._outage = Outage("following")

    def announce(self, memory_id: str) -> None:
        self._announcer.announce(memory_id)

    def _publish(self, memory_id: str) -> None:
        self._publisher.publish(CHANNEL, memory_id)

    @asynccontextmanager
    async def follow(self, memory_id: str) -> AsyncIterator[Follower]:
        try:
            with self._followers.one_more(memory_id) as follower:
                self._listen()
                if self._hears:
                    follower.tell()
                yield follower
        finally:
            if not self._followers:
                self._stop_listening()

    def close(self) -> None:
        """Give up the connection by which it announces; the other goes with the last follower."""
        self._announcer.close()
        self._publisher.close()

    # listening

    def _listen(self) -> None:
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._go_on_listening(), name="status news")

    def _stop_listening(self) -> None:
        """Whoever leaves may be cancelled itself, and can not wait until it has closed."""
        if self._listening is not None:
            self._ending.add(self._listening)
            self._listening.add_done_callback(self._ending.discard)
            self._listening.cancel()
            self._listening = None
            self._hears = False

    async def _go_on_listening(self) -> None:
        while True:
            try:
                await self._hear()
            except FAILURES as error:
                self._hears = False
                self._outage.goes_on(error)
            await asyncio.sleep(CONNECT_AGAIN_SECONDS)

    async def _hear(self) -> None:
        """Raises one of FAILURES when Redis can not be heard, or no longer."""
        client = redis.asyncio.Redis.from_url(
            self._url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=CONNECT_SECONDS,
            retry=redis.asyncio.retry.Retry(NoBackoff(), 0),
            **_PLAIN,
        )
        async with client, client.pubsub() as pubsub:
            await pubsub.subscribe(CHANNEL)
            asked = False
            while True:
                message = await pubsub.get_message(timeout=SILENCE_SECONDS)
                if message is None:
                    if asked:
                        raise TimeoutError
                    await pubsub.ping()
                else:
                    self._take(message)
                asked = message is None

    def _take(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "subscribe":
                self._hears = True
                self._outage.is_over()
                self._followers.tell_all()
            case "message":
                self._followers.tell(message["data"].decode("ascii", "replace"))
