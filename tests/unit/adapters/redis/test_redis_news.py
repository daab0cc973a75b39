"""A Redis that is not there: nobody fails, nobody waits longer, and one line says so, without the URL."""

import asyncio

import pytest
import redis
import redis.asyncio

from rawk.adapters.redis import notifications, publisher
from rawk.adapters.redis.notifications import RedisStatusNotifications

URL = "redis://rawk:hunter2@10.0.0.7:6379/0"


@pytest.fixture
def dead(monkeypatch):
    """How often somebody tried to connect."""
    tries = []

    def refuse(*_, **__):
        tries.append("announcing")
        raise redis.ConnectionError(f"no way to {URL}")

    async def refuse_asynchronously(*_, **__):
        tries.append("following")
        raise redis.ConnectionError(f"no way to {URL}")

    monkeypatch.setattr(redis.connection.AbstractConnection, "connect", refuse)
    monkeypatch.setattr(redis.asyncio.connection.AbstractConnection, "connect", refuse_asynchronously)
    monkeypatch.setattr(publisher, "PATIENCE_SECONDS", 10)
    return tries


def warnings(log_lines):
    return [(line["event"], line["doing"], line["error"]) for line in log_lines() if line["level"] == "WARNING"]


def test_announcing_to_nobody_is_no_trouble(dead, log_lines):
    news = RedisStatusNotifications(URL)

    for _ in range(3):
        news.announce("one")

    assert dead
    assert warnings(log_lines) == [("redis_unavailable", "announcing", "ConnectionError")]
    assert "hunter2" not in str(log_lines())
    assert "hunter2" not in repr(news)


def test_following_by_nobody_is_polling(dead, log_lines, monkeypatch):
    monkeypatch.setattr(notifications, "CONNECT_AGAIN_SECONDS", 0)

    async def scenario():
        news = RedisStatusNotifications(URL)
        async with news.follow("one") as following:
            while dead.count("following") < 5:
                assert not await following.changed(0.001)

    asyncio.run(asyncio.wait_for(scenario(), 20))
    assert warnings(log_lines) == [("redis_unavailable", "following", "ConnectionError")]
    assert "hunter2" not in str(log_lines())


def test_whoever_comes_when_it_is_dead_already_does_not_make_it_tell_again(dead, log_lines):
    async def scenario():
        news = RedisStatusNotifications(URL)
        for number in range(1, 4):
            async with news.follow("one") as following:
                while dead.count("following") < number:
                    assert not await following.changed(0.001)

    asyncio.run(asyncio.wait_for(scenario(), 20))
    assert warnings(log_lines) == [("redis_unavailable", "following", "ConnectionError")]


def test_building_it_calls_nobody(dead):
    RedisStatusNotifications(URL).close()

    assert dead == []
