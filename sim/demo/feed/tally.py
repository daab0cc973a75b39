"""What a run's feed amounts to so far: where each recording is, and what was found. For lessons and for the state."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

REACHED_DEAD_LETTERS = "dead_lettered"
GONE = ("deleted", "expired", "purged")


class Tally:
    """Takes the events of one run, in their order."""

    def __init__(self) -> None:
        self.accepted = 0
        self.places: dict[str, str] = {}
        """Recording → the name of its place."""
        self.violations: list[Mapping[str, Any]] = []
        self.receives: Counter[str] = Counter()
        """Message → how often a worker's mapping received it from the jobs queue."""
        self.jobs: set[str] = set()
        """Messages that are in the jobs queue, also those in flight."""
        self.dead_letters: set[str] = set()
        """Messages that are in the dead-letter queue."""
        self.dead_lettered = 0
        """How often a message has moved there."""
        self.changes = 0
        """How often something has happened to a recording or to a message."""

    def take(self, events: Iterable[Mapping[str, Any]]) -> None:
        for event in events:
            self.changes += event["kind"] == "places" or "sqs" in event or "openai" in event
            if event["kind"] == "places":
                self._take_places(event)
            if "sqs" in event:
                self._take_message(event["sqs"])

    def _take_places(self, event: Mapping[str, Any]) -> None:
        self.accepted = event["accepted"]
        for subject, place in event["moves"]:
            if place is None:
                self.places.pop(subject, None)
            else:
                self.places[subject] = place
        found = event["violations"]
        self.violations = list(found) if event.get("all_violations") else [*self.violations, *found]

    def _take_message(self, about: Mapping[str, Any]) -> None:
        message, event = about["message"], about["event"]
        if event in ("sent", "redriven") and about["queue"] == "jobs":
            self.jobs.add(message)
        if event in (*GONE, REACHED_DEAD_LETTERS):
            self.jobs.discard(message)
        if event == "received" and about["queue"] == "jobs":
            self.receives[message] += 1
        elif event == REACHED_DEAD_LETTERS:
            self.dead_letters.add(message)
            self.dead_lettered += 1
        elif event in (*GONE, "redriven"):
            self.dead_letters.discard(message)
            self.dead_letters.discard(about.get("source_message", ""))
