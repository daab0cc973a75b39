"""What a feed is about in the end: its subjects, each with its last state, and its faults."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sim.picture.subjects import Subject
from sim.picture.vocabulary import ERROR, RING, WARNING

FIELDS = ("title", "tenant", "status", "reason", "deleted")


@dataclass
class Content(Subject):
    """A subject and how much of the feed is about it."""

    events: int = 0
    problems: int = 0
    """Events with the tone WARNING or ERROR."""
    receives: int = 0
    was_dead: bool = False

    @property
    def relevance(self) -> tuple[bool, bool, int, int]:
        """Highest: without a good final status, dead-lettered, with most warnings and errors, with most receives."""
        return self.status not in ("complete", ""), self.was_dead, self.problems, self.receives


@dataclass(frozen=True)
class Band:
    """A fault while it was active, in seconds of the feed. Without an end: `times_triggered` is None."""

    start: float
    end: float
    fault: str
    family: str
    times_triggered: int | None


@dataclass
class Contents:
    subjects: dict[str, Content] = field(default_factory=dict)
    faults: list[Band] = field(default_factory=list)


def contents_of(feed: Iterable[dict[str, Any]]) -> Contents:
    """Subjects in the order of their first events, faults in the order of their starts."""
    contents, active, last = Contents(), list[dict[str, Any]](), 0.0
    for event in feed:
        last = max(last, event["at"])
        if event["kind"] == "subject":
            subject = contents.subjects.setdefault(event["id"], Content(event["id"], event["subject_kind"]))
            for name in FIELDS:
                setattr(subject, name, event.get(name, getattr(subject, name)))
        elif event["kind"] == "event":
            _count(event, contents.subjects)
        elif event["kind"] == "fault":
            _take_fault(event, active, contents.faults)
    contents.faults += [_band(each, last, None) for each in active]
    contents.faults.sort(key=lambda band: (band.start, band.end))
    return contents


def _count(event: dict[str, Any], subjects: dict[str, Content]) -> None:
    for subject_id in event["subjects"]:
        subject = subjects[subject_id]
        subject.events += 1
        subject.problems += event["tone"] in (WARNING, ERROR)
        subject.receives += event["glyph"] == RING
        subject.was_dead |= event["lane"] == "DLQ"


def _take_fault(event: dict[str, Any], active: list[dict[str, Any]], bands: list[Band]) -> None:
    if event["event"] == "started":
        active.append(event)
        return
    started = next((each for each in active if each["fault"] == event["fault"]), None)
    if started is not None:
        active.remove(started)
        bands.append(_band(started, event["at"], event.get("times_triggered")))


def _band(started: dict[str, Any], end: float, times_triggered: int | None) -> Band:
    return Band(started["at"], end, started["fault"] or "a fault", started["family"], times_triggered)
