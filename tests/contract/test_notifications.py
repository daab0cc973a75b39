"""StatusNotifications: a subscriber gets the notifications of its memory, and of no other."""

import asyncio
from asyncio import to_thread
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack

from tests.contract.builders import an_id
from tests.contract.notifications import ENOUGH_SECONDS, NotificationEnds, subscribed


def test_a_notification_ends_a_wait(ends: NotificationEnds) -> None:
    async def scenario() -> None:
        memory_id = an_id()
        async with ends.api.subscribe(memory_id) as following:
            await subscribed(following)
            waiting = asyncio.create_task(following.changed(ENOUGH_SECONDS))
            await asyncio.sleep(0)
            assert not waiting.done()
            await to_thread(ends.worker.publish, memory_id)
            assert await waiting

    asyncio.run(scenario())


def test_without_a_notification_a_wait_times_out(ends: NotificationEnds) -> None:
    async def scenario() -> None:
        async with ends.api.subscribe(an_id()) as following:
            await subscribed(following)
            assert not await following.changed(0.05)

    asyncio.run(scenario())


def test_notifications_between_two_waits_end_the_second_wait_only(ends: NotificationEnds) -> None:
    async def scenario() -> None:
        memory_id, after_it = an_id(), an_id()
        async with ends.api.subscribe(memory_id) as following, ends.api.subscribe(after_it) as last:
            await subscribed(following, last)
            for each in (memory_id, memory_id, after_it):
                await to_thread(ends.worker.publish, each)
            assert await last.changed(ENOUGH_SECONDS)  # in order: all three have arrived
            assert await following.changed(ENOUGH_SECONDS)
            assert not await following.changed(0.05)

    asyncio.run(scenario())


def test_a_subscriber_gets_no_notification_of_another_memory(ends: NotificationEnds) -> None:
    async def scenario() -> None:
        mine, another = an_id(), an_id()
        async with ends.api.subscribe(mine) as following, ends.api.subscribe(another) as other:
            await subscribed(following, other)
            await to_thread(ends.worker.publish, another)
            assert await other.changed(ENOUGH_SECONDS)
            assert not await following.changed(0.05)

    asyncio.run(scenario())


def test_all_subscribers_of_a_memory_are_notified_also_after_one_leaves(ends: NotificationEnds) -> None:
    async def scenario() -> None:
        memory_id = an_id()
        async with ends.api.subscribe(memory_id) as first:
            async with ends.api.subscribe(memory_id) as second:
                await subscribed(first, second)
                await to_thread(ends.worker.publish, memory_id)
                assert await first.changed(ENOUGH_SECONDS)
                assert await second.changed(ENOUGH_SECONDS)
            await to_thread(ends.worker.publish, memory_id)
            assert await first.changed(ENOUGH_SECONDS)

    asyncio.run(scenario())


def test_a_later_subscriber_is_notified_as_well(ends: NotificationEnds) -> None:
    async def scenario() -> None:
        memory_id = an_id()
        async with ends.api.subscribe(memory_id) as first:
            await subscribed(first)
            async with ends.api.subscribe(memory_id) as second:
                await subscribed(second)
                assert not await first.changed(0.05)
                await to_thread(ends.worker.publish, memory_id)
                assert await second.changed(ENOUGH_SECONDS)

    asyncio.run(scenario())


def test_several_threads_may_publish_at_once(ends: NotificationEnds) -> None:
    async def scenario() -> None:
        memory_ids = [an_id() for _ in range(24)]
        async with AsyncExitStack() as stack:
            followings = [await stack.enter_async_context(ends.api.subscribe(each)) for each in memory_ids]
            await subscribed(*followings)
            with ThreadPoolExecutor(8) as threads:
                list(threads.map(ends.worker.publish, memory_ids))
            assert [await following.changed(ENOUGH_SECONDS) for following in followings] == [True] * 24

    asyncio.run(scenario())


def test_a_memory_can_be_subscribed_to_again_after_all_have_left(ends: NotificationEnds) -> None:
    memory_id = an_id()

    async def scenario() -> None:
        for _ in range(2):
            async with ends.api.subscribe(memory_id) as following:
                await subscribed(following)
                await to_thread(ends.worker.publish, memory_id)
                assert await following.changed(ENOUGH_SECONDS)

    asyncio.run(scenario())
    ends.worker.publish(memory_id)  # it has no subscribers
    asyncio.run(scenario())


def test_the_api_may_publish_to_itself(ends: NotificationEnds) -> None:
    async def scenario() -> None:
        memory_id = an_id()
        async with ends.api.subscribe(memory_id) as following:
            await subscribed(following)
            await to_thread(ends.api.publish, memory_id)
            assert await following.changed(ENOUGH_SECONDS)

    asyncio.run(scenario())
