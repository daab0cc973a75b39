"""When the next message becomes visible, by the events of the feed."""

from collections.abc import Iterable, Mapping
from typing import Any

HIDES_FOR = ("visibility_seconds", "delay_seconds")
HIDDEN_BY = ("received", "visibility_changed", "sent", "redriven")


class DueMessages:
    """Keeps the messages that are in flight or delayed."""

    def __init__(self) -> None:
        self._due: dict[str, float] = {}

    def take(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Take the next events of the feed."""
        for event in events:
            about = event.get("sqs")
            if about is None:
                continue
            hidden_seconds = next((about[name] for name in HIDES_FOR if about.get(name)), 0.0)
            if about["event"] in HIDDEN_BY and hidden_seconds:
                self._due[about["message"]] = float(event["at"]) + float(hidden_seconds)
            else:
                self._due.pop(about["message"], None)

    def next_due(self) -> float | None:
        """In seconds since the feed's start; None if no message is hidden."""
        return min(self._due.values(), default=None)
