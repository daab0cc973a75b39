"""What the receiver asks of Redis, and what it does with each answer and each silence."""

import asyncio

import pytest
import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry

from rawk.adapters.redis.notifications import RedisStatusNotifications

URL = "redis://10.0.0.7:6379/0"
LIMIT_SECONDS = 5
SUBSCRIBED = {"type": "subscribe", "pattern": None, "channel": b"rawk:status", "data": 1}
SILENCE = None


def changed(memory_id):
    return {"type": "message", "pattern": None, "channel": b"rawk:status", "data": memory_id.encode()}


class Server:
    """A Redis behind redis-py's receiving client. Each connection takes the answers that the test puts, in order; an
    answer that is an exception is raised."""

    def __init__(self):
        self.answers = asyncio.Queue()
        self.asked = []
        self.connected_with = []
        self.open = 0
        self.waits = []

    def from_url(self, url, **options):
        self.connected_with.append((url, options))
        return Connection(self)

    async def puts(self, *answers):
        """Returns when the receiver has dealt with them and waits for the next one."""
        for answer in answers:
            self.answers.put_nowait(answer)
        await self.answers.join()


class Connection:
    """The client and its pub/sub."""

    def __init__(self, server):
        self._server = server
        self._unfinished = False

    def pubsub(self):
        return self

    async def __aenter__(self):
        self._server.open += 1
        return self

    async def __aexit__(self, *_):
        self._server.open -= 1
        self._finish()

    async def subscribe(self, *channels):
        self._server.asked.append(("subscribe", *channels))

    async def ping(self):
        self._server.asked.append(("ping",))

    async def get_message(self, *, timeout):
        self._finish()
        self._server.asked.append(("wait", timeout))
        answer = await self._server.answers.get()
        self._unfinished = True
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _finish(self):
        if self._unfinished:
            self._unfinished = False
            self._server.answers.task_done()


@pytest.fixture
def run(monkeypatch):
    """Run a scenario with the notifications and their server. Waits between two connections take no time."""

    def run(scenario):
        async def whole():
            server = Server()
            really_sleep = asyncio.sleep

            async def sleep(seconds):
                server.waits.append(seconds)
                await really_sleep(0)

            monkeypatch.setattr(redis.asyncio.Redis, "from_url", server.from_url)
            monkeypatch.setattr(asyncio, "sleep", sleep)
            async with asyncio.timeout(LIMIT_SECONDS):
                await scenario(RedisStatusNotifications(URL), server)
            monkeypatch.setattr(asyncio, "sleep", really_sleep)

        asyncio.run(whole())

    return run


async def was_notified(subscription):
    return await subscription.changed(0)


async def ended(tasks):
    await asyncio.gather(*tasks, return_exceptions=True)


def outages(log_lines):
    return [(line["event"], line["doing"], line.get("error")) for line in log_lines()]


def test_the_publishing_client_is_bounded_and_retries_a_closed_connection_once(monkeypatch):
    made = []
    monkeypatch.setattr(redis.Redis, "from_url", lambda url, **options: made.append((url, options)))

    RedisStatusNotifications(URL)

    retry = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
    options = {"socket_connect_timeout": 0.25, "socket_timeout": 0.25, "retry": retry}
    assert made == [(URL, {**options, "protocol": 2, "driver_info": None})]


def test_a_notification_is_the_memory_s_id_on_the_channel_and_after_close_there_is_none(monkeypatch):
    calls = []

    class Client:
        def publish(self, *arguments):
            calls.append(arguments)

        def close(self):
            calls.append("closed")

    monkeypatch.setattr(redis.Redis, "from_url", lambda *_, **__: Client())
    one = RedisStatusNotifications(URL)

    one.publish("m1")
    one.close()
    one.publish("m2")

    assert calls == [("rawk:status", "m1"), "closed"]


def test_the_receiver_connects_once_for_all_subscribers_and_follows_the_channel(run):
    async def scenario(one, server):
        async with one.subscribe("m1"), one.subscribe("m2"), one.subscribe("m1"):
            await server.puts(SUBSCRIBED)

        retry = redis.asyncio.retry.Retry(NoBackoff(), 0)
        options = {"socket_connect_timeout": 2.0, "socket_timeout": 2.0, "retry": retry}
        assert server.connected_with == [(URL, {**options, "protocol": 2, "driver_info": None})]
        assert server.asked == [("subscribe", "rawk:status"), ("wait", 10.0), ("wait", 10.0)]

    run(scenario)


def test_the_receiver_s_task_has_a_name_of_its_own(run):
    async def scenario(one, server):
        async with one.subscribe("m1"):
            await server.puts(SUBSCRIBED)
            assert "status notifications" in {task.get_name() for task in asyncio.all_tasks()}

    run(scenario)


def test_subscribers_are_notified_when_redis_has_confirmed_and_later_ones_at_once(run):
    async def scenario(one, server):
        async with one.subscribe("m1") as first, one.subscribe("m2") as second:
            assert not await was_notified(first)
            await server.puts(SUBSCRIBED)
            assert await was_notified(first)
            assert await was_notified(second)
            async with one.subscribe("m3") as third:
                assert await was_notified(third)
                assert not await was_notified(third)
            assert not await was_notified(first)

    run(scenario)


def test_a_change_notifies_the_subscribers_of_its_memory_alone(run):
    async def scenario(one, server):
        async with one.subscribe("m1") as first, one.subscribe("m1") as again, one.subscribe("m2") as other:
            await server.puts(SUBSCRIBED)
            for each in (first, again, other):
                assert await was_notified(each)

            await server.puts(changed("m1"))

            assert [await was_notified(each) for each in (first, again, other)] == [True, True, False]

    run(scenario)


@pytest.mark.parametrize(
    "message",
    [
        changed("m-of-nobody"),
        changed(""),
        {**changed("m1"), "data": b"m1\xff"},
        {**changed("m1"), "data": "m1é".encode()},
        {"type": "pong", "pattern": None, "channel": None, "data": b""},
        {"type": "unsubscribe", "pattern": None, "channel": b"rawk:status", "data": 0},
        {"type": "pmessage", "pattern": b"*", "channel": b"rawk:status", "data": b"m1"},
    ],
    ids=lambda message: f"{message['type']} {message['data']}",
)
def test_a_message_about_nobody_here_notifies_nobody_and_ends_nothing(run, message, log_lines):
    async def scenario(one, server):
        async with one.subscribe("m1") as subscription:
            await server.puts(SUBSCRIBED)
            assert await was_notified(subscription)

            await server.puts(message)
            assert not await was_notified(subscription)

            await server.puts(changed("m1"))
            assert await was_notified(subscription)
        assert len(server.connected_with) == 1

    run(scenario)
    assert log_lines() == []


def test_after_a_silence_redis_is_pinged_and_any_message_answers_the_ping(run, log_lines):
    async def scenario(one, server):
        async with one.subscribe("m1"):
            await server.puts(SUBSCRIBED, SILENCE, changed("m2"), SILENCE, changed("m2"), changed("m2"))
        assert [asked for asked in server.asked if asked[0] != "wait"] == [
            ("subscribe", "rawk:status"),
            ("ping",),
            ("ping",),
        ]
        assert len(server.connected_with) == 1

    run(scenario)
    assert log_lines() == []


def test_a_second_silence_is_an_outage_and_the_receiver_connects_again_after_its_wait(run, log_lines):
    async def scenario(one, server):
        async with one.subscribe("m1") as subscription:
            await server.puts(SUBSCRIBED)
            assert await was_notified(subscription)
            await server.puts(SILENCE, SILENCE)
            assert (server.waits, len(server.connected_with)) in [([5.0], 1), ([5.0], 2)]
            assert not await was_notified(subscription)

            await server.puts(SUBSCRIBED)
            assert await was_notified(subscription)  # what changed in between was lost, so it must read the memory
        assert len(server.connected_with) == 2

    run(scenario)
    assert outages(log_lines) == [
        ("redis_unavailable", "receiving", "TimeoutError"),
        ("redis_available_again", "receiving", None),
    ]


@pytest.mark.parametrize(
    "failure",
    [
        redis.ConnectionError("closed by server"),
        redis.TimeoutError("timeout reading"),
        redis.AuthenticationError("WRONGPASS"),
        redis.ResponseError("LOADING"),
        redis.exceptions.InvalidResponse("protocol error"),
        ConnectionResetError(),
        OSError("no route to host"),
        UnicodeError("label too long"),
        ValueError("an impossible host"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_no_failure_of_redis_ends_the_receiving_and_one_outage_is_logged_once(run, failure, log_lines):
    async def scenario(one, server):
        async with one.subscribe("m1") as subscription:
            await server.puts(SUBSCRIBED)
            assert await was_notified(subscription)
            await server.puts(failure, failure, failure)
            assert server.waits == [5.0] * 3

            async with one.subscribe("m2") as late:  # nobody follows the channel, so that it must poll
                assert not await was_notified(late)
                await server.puts(SUBSCRIBED, changed("m2"))
                assert await was_notified(late)
            assert await was_notified(subscription)

    run(scenario)
    assert outages(log_lines) == [
        ("redis_unavailable", "receiving", type(failure).__name__),
        ("redis_available_again", "receiving", None),
    ]


def test_the_last_subscriber_ends_the_receiving_and_the_next_one_begins_it_anew(run):
    async def scenario(one, server):
        async with one.subscribe("m1"):
            async with one.subscribe("m2"):
                await server.puts(SUBSCRIBED)
            assert not one._ending
            await server.puts(changed("m1"))
            assert server.open == 2  # the client and its pub/sub

        [task] = one._ending  # the event loop alone does not keep it
        await ended([task])
        assert task.cancelled()
        assert server.open == 0

        async with one.subscribe("m3") as subscription:
            assert not await was_notified(subscription)
            assert not one._ending
            await server.puts(SUBSCRIBED)
            assert await was_notified(subscription)
        assert len(server.connected_with) == 2

    run(scenario)


def test_a_receiver_that_a_defect_ended_begins_anew_with_the_next_subscriber(run):
    async def scenario(one, server):
        async with one.subscribe("m1"):
            await server.puts(SUBSCRIBED)
            failed = one._receiving
            await server.puts(ZeroDivisionError())
            await ended([failed])
            async with one.subscribe("m2"):
                assert one._receiving is not failed
                await server.puts(SUBSCRIBED)
        assert len(server.connected_with) == 2

    run(scenario)


def test_to_leave_without_ever_having_received_is_no_failure(run):
    async def scenario(one, server):
        async with one.subscribe("m1"):
            pass
        await ended(list(one._ending))
        one._stop_receiving()
        assert server.open == 0

    run(scenario)
