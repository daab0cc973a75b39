"""Without notifications, a wait is a wait."""

import asyncio

from rawk.adapters.redis.polling import NoNotifications


def test_nobody_hears_anything_and_every_wait_ends():
    async def scenario():
        notifications = NoNotifications()
        async with notifications.subscribe("one") as subscription:
            notifications.publish("one")
            assert not await subscription.changed(0.001)

    asyncio.run(asyncio.wait_for(scenario(), 20))
