"""A topic's pending deliveries count as activities: time must not jump while a message is delivered.

LocalStack answers a Publish first and delivers in its own threads.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from dataclasses import dataclass
from typing import Any

from localstack.services.sns.publisher import PublishDispatcher

from ..introspection import activity
from ..introspection.event_log import patch_method

WHAT = "a topic delivers"


@dataclass(frozen=True)
class Counted:
    """A notifier that counts its delivery as an activity until it ends."""

    notifier: Any
    delivery: activity.Activity

    def publish(self, *arguments: Any, **named: Any) -> None:
        with activity.resume(self.delivery):
            self.notifier.publish(*arguments, **named)


def install() -> None:
    """Count each delivery from the moment it is scheduled."""

    def submit(stock: Any, dispatcher: Any, notifier: Any, *arguments: Any, **named: Any) -> None:
        stock(dispatcher, Counted(notifier, activity.begin(WHAT)), *arguments, **named)

    patch_method(PublishDispatcher, "_submit_notification", submit)
