"""A real Redis that stops, hangs, restarts, cuts its connections, or asks for a password."""

import asyncio
import logging
import socket
import socketserver
from asyncio import to_thread
from contextlib import closing
from threading import Thread
from time import monotonic

import pytest

from rawk.adapters.redis import notifications, publisher
from rawk.adapters.redis.notifications import RedisStatusNotifications
from tests.contract.notifications import ENOUGH_SECONDS, subscribed
from tests.contract.processes.redis_server import NO_REDIS, RedisServer, there_is_a_redis

needs_redis = pytest.mark.skipif(not there_is_a_redis(), reason=NO_REDIS)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(notifications, "RECONNECT_SECONDS", 0.02)
    monkeypatch.setattr(notifications, "SILENCE_SECONDS", 0.2)


@pytest.fixture
def server(tmp_path):
    if not there_is_a_redis():
        pytest.skip(NO_REDIS)
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def outages(caplog, monkeypatch):
    """The outages in the log so far: (event, doing, error)."""
    monkeypatch.setattr(logging.getLogger("rawk"), "propagate", True)
    caplog.set_level(logging.INFO, "rawk")

    def so_far():
        return [(each.getMessage(), each.fields["doing"], each.fields.get("error")) for each in caplog.records]

    return so_far


async def until(condition):
    """Check every fiftieth of a second; fails the test when the condition does not become true."""
    async with asyncio.timeout(ENOUGH_SECONDS):
        while not condition():
            await asyncio.sleep(0.02)


async def received(notifications, subscription):
    """Publish until a notification arrives: earlier ones may have been lost."""
    async with asyncio.timeout(ENOUGH_SECONDS):
        while True:
            await to_thread(notifications.publish, "one")
            if await subscription.changed(0.2):
                return


def test_after_a_restart_notifications_arrive_again_and_each_side_logged_the_outage_once(server, outages, monkeypatch):
    monkeypatch.setattr(publisher, "PAUSE_SECONDS", 0)

    async def scenario(notifications):
        async with notifications.subscribe("one") as subscription:
            await subscribed(subscription)
            await to_thread(server.stop)
            await until(lambda: [who for _, who, _ in outages()] == ["receiving"])
            for _ in range(5):
                await to_thread(notifications.publish, "one")
                assert not await subscription.changed(0.05)
            await to_thread(server.start)
            await subscribed(subscription)  # notifications in between were lost, so the subscriber must read the memory
            await received(notifications, subscription)

    with closing(RedisStatusNotifications(server.url)) as notifications:
        asyncio.run(scenario(notifications))

    assert [(event, who) for event, who, _ in outages()] == [
        ("redis_unavailable", "receiving"),
        ("redis_unavailable", "publishing"),
        ("redis_available_again", "receiving"),
        ("redis_available_again", "publishing"),
    ]


def test_both_sides_notice_a_redis_that_hangs(server, outages):
    async def scenario(notifications):
        async with notifications.subscribe("one") as subscription:
            await subscribed(subscription)
            await to_thread(server.hang)
            began = monotonic()
            for _ in range(200):
                await to_thread(notifications.publish, "one")
            assert monotonic() - began < 5  # 200 timeouts would take 50
            assert not await subscription.changed(0.01)
            await until(lambda: {who for _, who, _ in outages()} == {"publishing", "receiving"})
            await to_thread(server.wake_up)
            await until(lambda: ("redis_available_again", "receiving", None) in outages())

    with closing(RedisStatusNotifications(server.url)) as notifications:
        asyncio.run(scenario(notifications))

    assert [error for event, _, error in outages() if event == "redis_unavailable"] == ["TimeoutError"] * 2


def test_an_idle_connection_is_kept(server, outages):
    async def scenario(notifications):
        async with notifications.subscribe("one") as subscription:
            await subscribed(subscription)
            assert not await subscription.changed(1.0)  # several times the allowed silence
            await received(notifications, subscription)

    with closing(RedisStatusNotifications(server.url)) as notifications:
        asyncio.run(scenario(notifications))

    assert outages() == []


def test_no_notification_is_lost_when_an_idle_connection_was_cut(server, outages):
    async def scenario(notifications, other):
        async with other.subscribe("one") as subscription:
            await subscribed(subscription)
            await to_thread(notifications.publish, "one")
            assert await subscription.changed(ENOUGH_SECONDS)
            await to_thread(server.cut_connections)
            await subscribed(subscription)  # it has subscribed again
            await to_thread(notifications.publish, "one")
            assert await subscription.changed(ENOUGH_SECONDS)

    with (
        closing(RedisStatusNotifications(server.url)) as notifications,
        closing(RedisStatusNotifications(server.url)) as other,
    ):
        asyncio.run(scenario(notifications, other))

    assert [who for _, who, _ in outages()] == ["receiving"] * 2


class HangsUp(socketserver.StreamRequestHandler):
    """Answers PUBLISH with zero receivers; the first connection ends, without an answer, at its second command."""

    def handle(self):
        first = not self.server.connections
        heard = []
        self.server.connections.append(heard)
        while lines := [self.rfile.readline() for _ in range(7)]:  # *3 $7 PUBLISH $12 rawk:status $3 one
            if not lines[-1]:
                return
            heard.append(lines[-1].decode().strip())
            if first and len(heard) == 2:
                return
            self.wfile.write(b":0\r\n")


def test_no_notification_is_lost_when_a_connection_breaks_at_its_use(outages):
    """As after a long freeze of a function: only the next command shows that the connection is closed."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), HangsUp) as server:
        server.connections = []
        serving = Thread(target=server.serve_forever, args=(0.02,))
        serving.start()
        with closing(RedisStatusNotifications(f"redis://127.0.0.1:{server.server_address[1]}")) as notifications:
            for memory_id in ("one", "two"):
                notifications.publish(memory_id)
        server.shutdown()
        serving.join()

    assert server.connections == [["one", "two"], ["two"]]
    assert outages() == []


@needs_redis
def test_with_a_password(tmp_path, outages):
    server = RedisServer(tmp_path, password="hunter2")
    server.start()

    async def scenario(notifications):
        async with notifications.subscribe("one") as subscription:
            await subscribed(subscription)
            await received(notifications, subscription)

    async def refused(notifications):
        async with notifications.subscribe("one") as subscription:
            await to_thread(notifications.publish, "one")
            assert not await subscription.changed(0.5)

    try:
        with closing(RedisStatusNotifications(server.url)) as notifications:
            asyncio.run(scenario(notifications))
        assert outages() == []
        with closing(RedisStatusNotifications(server.url.replace("hunter2", "hunter3"))) as notifications:
            asyncio.run(refused(notifications))
    finally:
        server.stop()

    assert {(event, who) for event, who, _ in outages()} == {
        ("redis_unavailable", "publishing"),
        ("redis_unavailable", "receiving"),
    }
    assert "hunter" not in str(outages())


def test_a_silent_server_delays_no_more_than_an_unreachable_one(outages):
    async def scenario(notifications):
        async with notifications.subscribe("one") as subscription:
            began = monotonic()
            for _ in range(200):
                await to_thread(notifications.publish, "one")
            assert monotonic() - began < 5
            assert not await subscription.changed(0.01)
            await until(lambda: {who for _, who, _ in outages()} == {"publishing", "receiving"})

    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        closing(RedisStatusNotifications(f"redis://127.0.0.1:{silent.getsockname()[1]}")) as notifications,
    ):
        asyncio.run(scenario(notifications))


@pytest.mark.parametrize("host", ["nobody.invalid", "a..b"])
def test_an_unknown_host_name(outages, host):
    async def scenario(notifications):
        async with notifications.subscribe("one") as subscription:
            await to_thread(notifications.publish, "one")
            assert not await subscription.changed(0.01)
            await until(lambda: "receiving" in {who for _, who, _ in outages()})

    with closing(RedisStatusNotifications(f"redis://{host}")) as notifications:
        asyncio.run(scenario(notifications))
