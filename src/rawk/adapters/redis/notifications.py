"""Notifications by Redis pub/sub (https://redis.io/docs/latest/develop/pubsub/), which stores nothing.

One channel carries the ids of all memories. A process receives by one connection, however many clients it streams to,
and knows the subscribers of each memory itself. Channels are the same in all numbered databases of a Redis, so two
deployments that share a Redis receive each other's ids, which have no subscribers there.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry

from rawk.adapters.redis.outage_log import OutageLog
from rawk.adapters.redis.publisher import TIMEOUT_SECONDS, Publisher
from rawk.adapters.redis.subscribers import Subscriber, Subscribers

CHANNEL = "rawk:status"

CONNECT_SECONDS = 2.0
"""To connect as a receiver; nothing waits for it."""

SILENCE_SECONDS = 10.0
"""After this long without a message from Redis it is pinged; after as long again it counts as down."""

RECONNECT_SECONDS = 5.0

_PLAIN: dict[str, Any] = {"protocol": 2, "driver_info": None}
"""No handshake: one command, one answer. The older protocol has all that pub/sub needs."""

FAILURES = (redis.RedisError, OSError, ValueError)  # an impossible host name is a ValueError


class RedisStatusNotifications:
    """`ports.StatusNotifications`. Publishes from any thread; all its subscribers belong to one event loop."""

    def __init__(self, url: str) -> None:
        """Connects to nothing yet. The URL is one that `config.redis_url` accepted."""
        self._url = url
        self._client = redis.Redis.from_url(
            url,
            socket_connect_timeout=TIMEOUT_SECONDS,
            socket_timeout=TIMEOUT_SECONDS,
            # Redis may have closed an idle connection: one retry at once, since a wait would only be slower.
            retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
            **_PLAIN,
        )
        self._publisher = Publisher(self._publish, FAILURES)
        self._subscribers = Subscribers()
        self._receiving: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._is_subscribed = False
        self._outage = OutageLog("receiving")

    def publish(self, memory_id: str) -> None:
        self._publisher.publish(memory_id)

    def _publish(self, memory_id: str) -> None:
        self._client.publish(CHANNEL, memory_id)

    @asynccontextmanager
    async def subscribe(self, memory_id: str) -> AsyncIterator[Subscriber]:
        try:
            with self._subscribers.added(memory_id) as subscriber:
                self._start_receiving()
                if self._is_subscribed:
                    subscriber.notify()
                yield subscriber
        finally:
            if not self._subscribers:
                self._stop_receiving()

    def close(self) -> None:
        """Close the publishing connection; the receiving one closes with the last subscriber."""
        self._publisher.close()
        self._client.close()

    # receiving

    def _start_receiving(self) -> None:
        if self._receiving is None or self._receiving.done():
            self._receiving = asyncio.create_task(self._receive_forever(), name="status notifications")

    def _stop_receiving(self) -> None:
        """Does not wait until the task has ended: the caller may be cancelled itself."""
        if self._receiving is not None:
            self._ending.add(self._receiving)
            self._receiving.add_done_callback(self._ending.discard)
            self._receiving.cancel()
            self._receiving = None
            self._is_subscribed = False

    async def _receive_forever(self) -> None:
        while True:
            try:
                await self._receive()
            except FAILURES as error:
                self._is_subscribed = False
                self._outage.failed(error)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _receive(self) -> None:
        """Raises one of FAILURES when Redis does not answer, or no longer."""
        client = redis.asyncio.Redis.from_url(
            self._url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=CONNECT_SECONDS,
            retry=redis.asyncio.retry.Retry(NoBackoff(), 0),
            **_PLAIN,
        )
        async with client, client.pubsub() as pubsub:
            await pubsub.subscribe(CHANNEL)
            pinged = False
            while True:
                message = await pubsub.get_message(timeout=SILENCE_SECONDS)
                if message is None:
                    if pinged:
                        raise TimeoutError
                    await pubsub.ping()
                else:
                    self._handle(message)
                pinged = message is None

    def _handle(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "subscribe":
                self._is_subscribed = True
                self._outage.succeeded()
                self._subscribers.notify_all()
            case "message":
                self._subscribers.notify(message["data"].decode("ascii", "replace"))
