"""Without notifications, a wait is a wait."""

import asyncio

from rawk.adapters.redis.polling import NoNotifications


def test_no_wait_gets_a_notification_and_every_wait_times_out():
    async def scenario():
        notifications = NoNotifications()
        async with notifications.subscribe("one") as subscription:
            notifications.publish("one")
            assert not await subscription.changed(0.001)

    asyncio.run(asyncio.wait_for(scenario(), 20))
