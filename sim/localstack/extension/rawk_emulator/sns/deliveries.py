"""What a topic still has to deliver counts as something under way: time must not jump while it is on its way.

LocalStack answers a Publish first and delivers by threads of its own.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from dataclasses import dataclass
from typing import Any

from localstack.services.sns.publisher import PublishDispatcher

from ..introspection import activity
from ..introspection.event_log import around

WHAT = "a topic delivers"


@dataclass(frozen=True)
class Counted:
    """A notifier in whose stead this delivery is made, and counted until it ends."""

    notifier: Any
    delivery: activity.Activity

    def publish(self, *arguments: Any, **named: Any) -> None:
        with activity.go_on(self.delivery):
            self.notifier.publish(*arguments, **named)


def install() -> None:
    """Count each delivery from the moment it is to be made."""

    def submit(stock: Any, dispatcher: Any, notifier: Any, *arguments: Any, **named: Any) -> None:
        stock(dispatcher, Counted(notifier, activity.begin(WHAT)), *arguments, **named)

    around(PublishDispatcher, "_submit_notification", submit)
