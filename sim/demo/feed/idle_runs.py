"""The relay runs every minute, and mostly moves nothing: all such runs in a row are one line."""

from collections.abc import Iterable
from typing import Any

from sim.picture.formatting import count_text
from sim.picture.vocabulary import MINOR, NONE, OK

type FeedEvent = dict[str, Any]

RELAY = "relay"
SHOWN_FROM = 2
"""So many in a row explain a gap; a single one is no news."""


class IdleRuns:
    """Holds the relay's runs back until something else happens: those before it are one event."""

    def __init__(self) -> None:
        self._begun: FeedEvent | None = None
        self._count = 0
        self._last_at = 0.0

    def fold(self, events: Iterable[FeedEvent]) -> list[FeedEvent]:
        """The events, in which runs that moved nothing are one event each time that something follows them."""
        folded: list[FeedEvent] = []
        for event in events:
            if self._is_begin(event):
                if self._begun:
                    folded += [*self._summary(), *self._given_back()]
                self._begun = event
            elif self._is_end(event):
                self._count, self._last_at, self._begun = self._count + 1, event["at"], None
            else:
                folded += [*self._summary(), *self._given_back(), event]
        return folded

    def _is_begin(self, event: FeedEvent) -> bool:
        run = event.get("invocation", {})
        return (run.get("event"), run.get("function")) == ("started", RELAY)

    def _is_end(self, event: FeedEvent) -> bool:
        run = event.get("invocation", {})
        begun = self._begun["invocation"]["id"] if self._begun else None
        return (run.get("event"), run.get("outcome"), run.get("id")) == ("ended", "success", begun)

    def _given_back(self) -> list[FeedEvent]:
        """The start of a run in which something else has happened."""
        begun, self._begun = self._begun, None
        return [begun] if begun else []

    def _summary(self) -> list[FeedEvent]:
        count, self._count = self._count, 0
        if not count:
            return []
        times = f", {count_text(count, 'time')}" if count >= SHOWN_FROM else ""
        tone = OK if count >= SHOWN_FROM else MINOR
        about: FeedEvent = {
            "lane": "Lambda",
            "text": f"{RELAY}: nothing to send{times}",
            "tone": tone,
            "glyph": NONE,
        }
        return [{"kind": "event", "at": self._last_at, **about, "subjects": []}]
