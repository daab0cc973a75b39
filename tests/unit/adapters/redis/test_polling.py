"""Without news, a wait is a wait."""

import asyncio

from rawk.adapters.redis.polling import NoNotifications


def test_nobody_hears_anything_and_every_wait_ends():
    async def scenario():
        news = NoNotifications()
        async with news.follow("one") as following:
            news.announce("one")
            assert not await following.changed(0.001)

    asyncio.run(asyncio.wait_for(scenario(), 20))
