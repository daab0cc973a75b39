"""The two ends of the status notifications: the worker that publishes, the API that subscribes."""

from dataclasses import dataclass

from rawk.ports import StatusNotifications, Subscription

ENOUGH_SECONDS = 20
"""A timeout for events that come within milliseconds, on a busy machine."""


@dataclass(frozen=True, slots=True)
class NotificationEnds:
    worker: StatusNotifications
    """Publishes."""
    api: StatusNotifications
    """Subscribes."""


async def subscribed(*followings: Subscription) -> None:
    """Wait until each subscription is active; from then on no notification is missed."""
    for following in followings:
        assert await following.changed(ENOUGH_SECONDS)
