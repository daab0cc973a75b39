"""Notifications that a memory's status has changed (Redis)."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol


class Subscription(Protocol):
    async def changed(self, up_to_seconds: float) -> bool:
        """Wait for a notification about the memory, at most this long; True if one came since the last call.

        The first call returns as soon as the subscription is active: earlier notifications were not received.
        """


class StatusNotifications(Protocol):
    """Hints for subscribers that a memory has changed and is worth reading again.

    Notifications may be lost and may come twice, so subscribers also read the memory when none comes. No method raises
    because the notification service fails.
    """

    def publish(self, memory_id: str) -> None:
        """Notify the memory's subscribers, after the change is committed. Takes a fraction of a second at most."""

    def subscribe(self, memory_id: str) -> AbstractAsyncContextManager[Subscription]: ...
