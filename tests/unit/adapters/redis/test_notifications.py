"""Redis is down: no call fails, no call waits longer, and one log line says so, without the URL."""

import asyncio

import pytest
import redis
import redis.asyncio

from rawk.adapters.redis import notifications, publisher
from rawk.adapters.redis.notifications import RedisStatusNotifications

URL = "redis://rawk:hunter2@10.0.0.7:6379/0"


@pytest.fixture
def dead(monkeypatch):
    """The connection attempts, by what they were for."""
    tries = []

    def refuse(*_, **__):
        tries.append("publishing")
        raise redis.ConnectionError(f"cannot connect to {URL}")

    async def refuse_asynchronously(*_, **__):
        tries.append("receiving")
        raise redis.ConnectionError(f"cannot connect to {URL}")

    monkeypatch.setattr(redis.connection.AbstractConnection, "connect", refuse)
    monkeypatch.setattr(redis.asyncio.connection.AbstractConnection, "connect", refuse_asynchronously)
    monkeypatch.setattr(publisher, "TIMEOUT_SECONDS", 10)
    return tries


def warnings(log_lines):
    return [(line["event"], line["doing"], line["error"]) for line in log_lines() if line["level"] == "WARNING"]


def test_publishing_to_a_dead_redis_raises_nothing_and_is_logged_once(dead, log_lines):
    notifications = RedisStatusNotifications(URL)

    for _ in range(3):
        notifications.publish("one")

    assert dead
    assert warnings(log_lines) == [("redis_unavailable", "publishing", "ConnectionError")]
    assert "hunter2" not in str(log_lines())
    assert "hunter2" not in repr(notifications)


def test_a_subscription_to_a_dead_redis_polls(dead, log_lines, monkeypatch):
    monkeypatch.setattr(notifications, "RECONNECT_SECONDS", 0)

    async def scenario():
        notifications = RedisStatusNotifications(URL)
        async with notifications.subscribe("one") as subscription:
            while dead.count("receiving") < 5:
                assert not await subscription.changed(0.001)

    asyncio.run(asyncio.wait_for(scenario(), 20))
    assert warnings(log_lines) == [("redis_unavailable", "receiving", "ConnectionError")]
    assert "hunter2" not in str(log_lines())


def test_further_subscriptions_do_not_log_the_outage_again(dead, log_lines):
    async def scenario():
        notifications = RedisStatusNotifications(URL)
        for number in range(1, 4):
            async with notifications.subscribe("one") as subscription:
                while dead.count("receiving") < number:
                    assert not await subscription.changed(0.001)

    asyncio.run(asyncio.wait_for(scenario(), 20))
    assert warnings(log_lines) == [("redis_unavailable", "receiving", "ConnectionError")]


def test_building_it_connects_to_nothing(dead):
    RedisStatusNotifications(URL).close()

    assert dead == []
