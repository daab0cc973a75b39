"""The feed: journal lines as the events that report, demo and replay draw. docs/reference/picture.md has all keys."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sim.conservation.reducer import ALL_SOURCES
from sim.journal.reading import Line
from sim.picture.conservation import start_of, totals_in
from sim.picture.facts import facts_of
from sim.picture.places import Places, places_events
from sim.picture.subjects import Subjects, commit_of
from sim.picture.texts import Wording, condition_name, status_wording, wordings_of
from sim.picture.vocabulary import ACTION, DIAMOND, WARNING

type FeedEvent = dict[str, Any]

DEGRADED = "transcript_only"
"""A status that is intermediate, unless it is the last one."""


class Feed:
    """Takes lines in the order of virtual time; a late one is taken all the same. `start`: virtual time of zero."""

    def __init__(self, start: float, *, derive_places: bool = True) -> None:
        self.start = start
        self.subjects = Subjects()
        self.count = 0
        """The number of the last event."""
        self._places = Places(start, ALL_SOURCES) if derive_places else None
        self._statuses: dict[str, str] = {}
        """The status of each memory by its last commit."""

    def add(self, line: Line) -> list[FeedEvent]:
        """The events of the next line."""
        events = [*self._subject_events(line), *self._own_events(line)]
        if self._places is not None and (moved := self._places.add(line)) is not None:
            events.append({"kind": "places", "at": line.virtual_at, **moved})
        return [self._numbered(event) for event in events]

    def _numbered(self, event: FeedEvent) -> FeedEvent:
        self.count += 1
        return {"n": self.count, **event, "at": round(event["at"] - self.start, 3)}

    def _subject_events(self, line: Line) -> list[FeedEvent]:
        return [
            {"kind": "subject", "at": line.virtual_at, "id": subject.id, "subject_kind": subject.kind, **changes}
            for subject, changes in self.subjects.take(line)
        ]

    def _own_events(self, line: Line) -> list[FeedEvent]:
        special = _SPECIAL.get(line.kind)
        if special is not None:
            return [{"at": line.virtual_at, **special(line)}]
        if line.kind == "database_commit":
            return list(self._commit_events(line))
        subjects = self.subjects.of(line)
        wordings = wordings_of(line)
        if line.kind == "memory" and subjects and subjects[0] in self._statuses:
            wordings = []  # its commits have said it
        events = [_event(wording, subjects) for wording in wordings]
        if events:
            events[-1].update(facts_of(line))
        return events

    def _commit_events(self, line: Line) -> Iterator[FeedEvent]:
        commit = commit_of(line)
        for row in commit.rows:
            if self._statuses.get(row.subject) != row.status:
                self._statuses[row.subject] = row.status
                yield _event(status_wording(line.virtual_at, row.status, is_last=False), (row.subject,))
        for deletion in commit.deleted:
            text = "deleted by its owner" if deletion.by_owner else "removed from the database"
            tone = ACTION if deletion.by_owner else WARNING
            yield _event(Wording(line.virtual_at, "Postgres", text, tone, DIAMOND), (deletion.subject,))


def feed_of(lines: Sequence[Line]) -> list[FeedEvent]:
    """The feed of a whole scenario, in the order of time."""
    feed = Feed(start_of(lines), derive_places=False)
    feed.subjects.know(lines)
    events = [event for line in lines for event in feed.add(line)]
    _mark_degraded_ends(events, feed.subjects)
    totals = totals_in(lines)
    if totals is not None:
        moved = places_events(lines, feed.start, totals)
        events += [{**event, "at": round(event["at"] - feed.start, 3)} for event in moved]
    _introduce_subjects(events)
    events.sort(key=lambda event: (event["at"], event["kind"] != "subject"))  # stable: of one moment, places come last
    return [{**event, "n": number} for number, event in enumerate(events, 1)]


def _mark_degraded_ends(events: Sequence[FeedEvent], subjects: Subjects) -> None:
    """Where a memory stays without its analysis, the status that says so is a warning."""
    wording = status_wording(0.0, DEGRADED, is_last=True)
    degraded = {each.id for each in subjects.all.values() if each.status == DEGRADED}
    for event in reversed(events):
        if event.get("text") == wording.text and degraded.intersection(event["subjects"]):
            degraded.difference_update(event["subjects"])
            event["tone"] = wording.tone


def _introduce_subjects(events: Iterable[FeedEvent]) -> None:
    """A client's request begins before anything is known of what it uploads: the subject is introduced there."""
    first: dict[str, float] = {}
    for event in events:
        for subject in event.get("subjects", ()):
            first[subject] = min(first.get(subject, event["at"]), event["at"])
    for event in events:
        if event["kind"] == "subject" and event["id"] in first:
            event["at"] = min(event["at"], first.pop(event["id"]))


def _event(wording: Wording, subjects: Iterable[str]) -> FeedEvent:
    label = {"label": wording.label} if wording.label else {}
    return {
        "kind": "event",
        "at": wording.at,
        "lane": wording.lane,
        "text": wording.text,
        "tone": wording.tone,
        "glyph": wording.glyph,
        **label,
        "subjects": list(subjects),
    }


def _fault_started(line: Line) -> FeedEvent:
    return {"kind": "fault", "event": "started", "fault": line.text("fault"), "family": line.text("family")}


def _fault_ended(line: Line) -> FeedEvent:
    times = int(line.number_of("times_triggered"))
    about = {"fault": line.text("fault"), "family": line.text("family"), "times_triggered": times}
    return {"kind": "fault", "event": "ended", **about}


def _condition(line: Line) -> FeedEvent:
    return {"kind": "condition", "text": condition_name(line)}


def _step(line: Line) -> FeedEvent:
    return {"kind": "step", "name": line.text("name"), "text": line.text("text"), "line": line.fields.get("line")}


def _invariants(line: Line) -> FeedEvent:
    return {"kind": "invariants", "results": line.fields.get("results") or []}


_SPECIAL = {
    "fault_started": _fault_started,
    "fault_ended": _fault_ended,
    "condition_met": _condition,
    "step": _step,
    "invariants_checked": _invariants,
}
