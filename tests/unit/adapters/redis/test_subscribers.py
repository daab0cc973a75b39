"""Who is notified of what, inside one process."""

import asyncio

from rawk.adapters.redis.subscribers import Subscriber, Subscribers


def test_a_notification_ends_one_wait_also_when_it_came_before_it():
    async def scenario():
        subscriber = Subscriber()
        assert await subscriber.changed(0.001) is False
        subscriber.notify()
        subscriber.notify()
        assert await subscriber.changed(5) is True
        assert await subscriber.changed(0.001) is False

        waiting = asyncio.create_task(subscriber.changed(5))
        await asyncio.sleep(0)
        subscriber.notify()
        assert await waiting is True

    asyncio.run(asyncio.wait_for(scenario(), 10))


def test_a_notification_reaches_every_subscriber_of_its_memory_and_no_other():
    async def scenario():
        subscribers = Subscribers()
        with (
            subscribers.added("m1") as first,
            subscribers.added("m1") as second,
            subscribers.added("m2") as other,
        ):
            subscribers.notify("m1")
            subscribers.notify("m of nobody")
            assert [await each.changed(0) for each in (first, second, other)] == [True, True, False]

            subscribers.notify_all()
            assert [await each.changed(0) for each in (first, second, other)] == [True, True, True]

    asyncio.run(asyncio.wait_for(scenario(), 10))


def test_there_are_subscribers_until_the_last_one_has_left():
    async def scenario():
        subscribers = Subscribers()
        assert not subscribers
        with subscribers.added("m1") as stays:
            with subscribers.added("m1") as leaves:
                assert subscribers
            assert subscribers
            subscribers.notify("m1")
            assert [await each.changed(0) for each in (stays, leaves)] == [True, False]
        assert not subscribers

    asyncio.run(asyncio.wait_for(scenario(), 10))
