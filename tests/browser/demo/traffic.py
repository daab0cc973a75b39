"""Many recordings that move all the time, for measurements of the page."""

from collections.abc import Iterator
from itertools import cycle
from typing import Any

WAY = [
    "outbox",
    "queued",
    "in flight",
    "returned",
    "queued",
    "in flight",
    "dead-lettered",
    "queued",
    "in flight",
    "readable",
    "complete",
]


class Traffic:
    """`count` recordings; each `step` moves a part of them one place on, and names what happened as the feed does."""

    def __init__(self, count: int) -> None:
        self.ids = [f"recording-{number:04}" for number in range(count)]
        self._place = dict.fromkeys(self.ids, 0)
        self._at = 0.0
        self._turn = cycle(self.ids)

    def begin(self) -> Iterator[dict[str, Any]]:
        for each in self.ids:
            yield {
                "at": 0.0,
                "kind": "subject",
                "id": each,
                "subject_kind": "memory",
                "title": each,
                "status": "queued",
            }
        yield self._moves([(each, WAY[0]) for each in self.ids])

    def step(self, count: int) -> Iterator[dict[str, Any]]:
        self._at += 0.1
        moved = [next(self._turn) for _ in range(count)]
        for each in moved:
            self._place[each] = (self._place[each] + 1) % len(WAY)
            place = WAY[self._place[each]]
            if place == "in flight":
                yield self._sqs(each, "received", receive_count=1, visibility_seconds=360)
            yield {
                "at": self._at,
                "kind": "event",
                "lane": "SQS",
                "text": place,
                "tone": "ok",
                "glyph": "dot",
                "subjects": [each],
            }
        yield self._moves([(each, WAY[self._place[each]]) for each in moved])

    def _sqs(self, subject: str, event: str, **facts: Any) -> dict[str, Any]:
        return {
            "at": self._at,
            "kind": "event",
            "lane": "SQS",
            "text": event,
            "tone": "wait",
            "glyph": "ring",
            "subjects": [subject],
            "sqs": {"event": event, "message": f"message-{subject}", "queue": "jobs", **facts},
        }

    def _moves(self, moves: list[tuple[str, str]]) -> dict[str, Any]:
        return {"at": self._at, "kind": "places", "accepted": len(self.ids), "moves": moves, "violations": []}
