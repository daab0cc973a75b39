"""StatusNotifications: whoever follows a memory hears what is announced of it, and of no other."""

import asyncio
from asyncio import to_thread
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack

from tests.contract.builders import an_id
from tests.contract.notifications import ENOUGH_SECONDS, NewsLine, listening


def test_an_announcement_ends_a_wait(line: NewsLine) -> None:
    async def scenario() -> None:
        memory_id = an_id()
        async with line.api.subscribe(memory_id) as following:
            await listening(following)
            waiting = asyncio.create_task(following.changed(ENOUGH_SECONDS))
            await asyncio.sleep(0)
            assert not waiting.done()
            await to_thread(line.worker.publish, memory_id)
            assert await waiting

    asyncio.run(scenario())


def test_without_one_a_wait_ends_by_itself(line: NewsLine) -> None:
    async def scenario() -> None:
        async with line.api.subscribe(an_id()) as following:
            await listening(following)
            assert not await following.changed(0.05)

    asyncio.run(scenario())


def test_what_is_announced_between_two_waits_ends_the_second_and_no_more(line: NewsLine) -> None:
    async def scenario() -> None:
        memory_id, after_it = an_id(), an_id()
        async with line.api.subscribe(memory_id) as following, line.api.subscribe(after_it) as last:
            await listening(following, last)
            for each in (memory_id, memory_id, after_it):
                await to_thread(line.worker.publish, each)
            assert await last.changed(ENOUGH_SECONDS)  # in order: by now all three are there
            assert await following.changed(ENOUGH_SECONDS)
            assert not await following.changed(0.05)

    asyncio.run(scenario())


def test_nobody_hears_of_anothers_memory(line: NewsLine) -> None:
    async def scenario() -> None:
        mine, another = an_id(), an_id()
        async with line.api.subscribe(mine) as following, line.api.subscribe(another) as other:
            await listening(following, other)
            await to_thread(line.worker.publish, another)
            assert await other.changed(ENOUGH_SECONDS)
            assert not await following.changed(0.05)

    asyncio.run(scenario())


def test_all_who_follow_a_memory_hear_of_it_also_when_one_of_them_leaves(line: NewsLine) -> None:
    async def scenario() -> None:
        memory_id = an_id()
        async with line.api.subscribe(memory_id) as first:
            async with line.api.subscribe(memory_id) as second:
                await listening(first, second)
                await to_thread(line.worker.publish, memory_id)
                assert await first.changed(ENOUGH_SECONDS)
                assert await second.changed(ENOUGH_SECONDS)
            await to_thread(line.worker.publish, memory_id)
            assert await first.changed(ENOUGH_SECONDS)

    asyncio.run(scenario())


def test_whoever_comes_later_hears_as_well(line: NewsLine) -> None:
    async def scenario() -> None:
        memory_id = an_id()
        async with line.api.subscribe(memory_id) as first:
            await listening(first)
            async with line.api.subscribe(memory_id) as second:
                await listening(second)
                assert not await first.changed(0.05)
                await to_thread(line.worker.publish, memory_id)
                assert await second.changed(ENOUGH_SECONDS)

    asyncio.run(scenario())


def test_several_threads_may_announce_at_once(line: NewsLine) -> None:
    async def scenario() -> None:
        memory_ids = [an_id() for _ in range(24)]
        async with AsyncExitStack() as stack:
            followings = [await stack.enter_async_context(line.api.subscribe(each)) for each in memory_ids]
            await listening(*followings)
            with ThreadPoolExecutor(8) as threads:
                list(threads.map(line.worker.publish, memory_ids))
            assert [await following.changed(ENOUGH_SECONDS) for following in followings] == [True] * 24

    asyncio.run(scenario())


def test_when_all_have_left_it_may_be_followed_anew(line: NewsLine) -> None:
    memory_id = an_id()

    async def scenario() -> None:
        for _ in range(2):
            async with line.api.subscribe(memory_id) as following:
                await listening(following)
                await to_thread(line.worker.publish, memory_id)
                assert await following.changed(ENOUGH_SECONDS)

    asyncio.run(scenario())
    line.worker.publish(memory_id)  # nobody follows it
    asyncio.run(scenario())


def test_the_api_may_announce_to_itself(line: NewsLine) -> None:
    async def scenario() -> None:
        memory_id = an_id()
        async with line.api.subscribe(memory_id) as following:
            await listening(following)
            await to_thread(line.api.publish, memory_id)
            assert await following.changed(ENOUGH_SECONDS)

    asyncio.run(scenario())
