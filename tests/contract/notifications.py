"""The two ends of the news of a status."""

from dataclasses import dataclass

from rawk.ports import StatusNotifications, Subscription

ENOUGH_SECONDS = 20
"""For what comes within milliseconds, on a machine that is busy."""


@dataclass(frozen=True, slots=True)
class NewsLine:
    worker: StatusNotifications
    """Announces."""
    api: StatusNotifications
    """Follows."""


async def listening(*followings: Subscription) -> None:
    """Wait until each hears; from here on nothing is missed."""
    for following in followings:
        assert await following.changed(ENOUGH_SECONDS)
