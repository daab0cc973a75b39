"""States of the control channel, and feeds, that the tests of the page begin with."""

import json
from itertools import count
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parents[2] / "unit/picture/recorded"

ACTIONS = [
    "sample",
    "fault_on",
    "fault_off",
    "poison",
    "kill_worker",
    "kill_api",
    "restart_postgres",
    "letter",
    "redrive",
    "purge_poison",
    "delete_memory",
    "clock",
    "check",
    "sabotage",
    "lesson",
    "lesson_next",
    "lesson_automatic",
    "restart",
]

FAULTS = [
    {
        "id": "openai.down",
        "name": "OpenAI answers 503",
        "about": "Every request is refused, until it is ended.",
        "family": "openai",
        "active": False,
        "times_triggered": 0,
        "momentary": False,
        "options": [
            {
                "name": "endpoint",
                "label": "endpoint",
                "kind": "choice",
                "values": [["any", "any"], ["chat", "chat"], ["transcription", "transcription"]],
                "default": "any",
            }
        ],
    },
    {
        "id": "openai.slow",
        "name": "OpenAI is slow",
        "about": "Answers come late.",
        "family": "openai",
        "active": False,
        "times_triggered": 0,
        "momentary": False,
        "options": [{"name": "seconds", "label": "delay", "kind": "duration", "default": 30}],
    },
    {
        "id": "worker.timed_out",
        "name": "The worker reaches its timeout",
        "about": "Lambda ends it.",
        "family": "worker",
        "active": False,
        "times_triggered": 0,
        "momentary": False,
        "options": [],
    },
    {
        "id": "database.down",
        "name": "Postgres is down",
        "about": "No connection is accepted.",
        "family": "database",
        "active": False,
        "times_triggered": 0,
        "momentary": False,
        "options": [],
    },
    {
        "id": "clients.wrong_key",
        "name": "A client sends a wrong key",
        "about": "The API answers 401.",
        "family": "clients",
        "active": False,
        "times_triggered": 0,
        "momentary": True,
        "options": [],
    },
]

LESSONS = [
    {"id": "fair", "title": "Fair weather", "minutes": 2, "about": "A recording from the click to its analysis."},
    {
        "id": "outage",
        "title": "An outage longer than the tolerance",
        "minutes": 4,
        "about": "Dead letters, an alarm, a redrive; nothing is lost.",
    },
]

SABOTAGES = [
    {
        "id": "acknowledge-on-failure",
        "title": "Acknowledge on failure",
        "about": "The worker deletes the message although it failed.",
        "turns_red": "lost",
    },
    {
        "id": "paid-twice",
        "title": "Forget what was transcribed",
        "about": "The worker transcribes again what is saved already.",
        "turns_red": "paid twice",
    },
]

CLOCK = {"at": 0.0, "playing": True, "rate": 1, "jumping": None, "next_due_in": 90.0, "factor": 412.0}


def state(**changes: Any) -> dict[str, Any]:
    """A state in which everything is possible."""
    return {
        "run": "run-1",
        "phase": "ready",
        "progress": [],
        "engine": "embedded",
        "commit": "0123456789",
        "clock": CLOCK,
        "limits": {"visibility_timeout_seconds": 360, "max_receive_count": 3},
        "outage_tolerance_seconds": 3600,
        "alarm": False,
        "faults": FAULTS,
        "samples": [
            {"id": "missed-train", "title": "Missed train", "seconds": 31.0, "url": "/samples/missed-train"},
            {"id": "lentil-soup", "title": "Lentil soup", "seconds": 9.5, "url": "/samples/lentil-soup"},
        ],
        "actions": ACTIONS,
        "lessons": LESSONS,
        "lesson": None,
        "sabotages": SABOTAGES,
        "sabotage": None,
        "openai": "simulated",
        "speech": False,
        "viewers": 1,
        **changes,
    }


def recorded(name: str) -> list[dict[str, Any]]:
    """A feed of a real scenario, `outage-and-redrive`, `worker-killed` or `mutant-that-loses`, with names in it."""
    feed: list[dict[str, Any]] = json.loads((RECORDED / f"{name}.feed.json").read_text(encoding="utf-8"))
    titles = {event["id"]: event["title"] for event in feed if event["kind"] == "subject" and event.get("title")}
    for event in feed:  # the demo knows them when it uploads, a scenario in the end
        if event["kind"] == "subject" and event["id"] in titles:
            event["title"] = titles[event["id"]].replace("-", " ").capitalize()
    return feed


class FeedOf:
    """Makes events of many recordings, for tests that need a certain picture."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self._numbers = count(1)
        self.accepted = 0

    def add(self, at: float, kind: str, **fields: Any) -> None:
        self.events.append({"n": next(self._numbers), "at": at, "kind": kind, **fields})

    def happened(self, at: float, lane: str, text: str, *subjects: str, tone: str = "ok", **facts: Any) -> None:
        self.add(at, "event", lane=lane, text=text, tone=tone, glyph="dot", subjects=list(subjects), **facts)

    def accept(self, at: float, *ids: str, place: str = "queued") -> None:
        """Recordings that are accepted and in a place."""
        self.accepted += len(ids)
        for each in ids:
            self.add(
                at,
                "subject",
                id=each,
                subject_kind="memory",
                title=each.replace("-", " ").capitalize(),
                status="queued",
            )
        self.move(at, place, *ids)

    def move(self, at: float, place: str, *ids: str, violations: list[dict[str, Any]] | None = None) -> None:
        self.add(
            at, "places", accepted=self.accepted, moves=[[each, place] for each in ids], violations=violations or []
        )
