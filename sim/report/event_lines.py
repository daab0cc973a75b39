"""Events as lines of text: the last ones of a failed scenario for the terminal, and all of one memory on request."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from sim.journal.journal import Journal
from sim.picture.contents import Content
from sim.picture.feed import FeedEvent
from sim.picture.formatting import duration_text
from sim.picture.vocabulary import MINOR
from sim.report.run_record import RunRecord, ScenarioRecord, read_run


class NoSuchSubject(Exception):
    """No memory and no message of the run has an id that begins with the given text."""


def last_events(journal: Journal, scenario: str, limit: int = 12) -> list[str]:
    """The last events of the memory or message because of which a scenario probably failed; without one, of all.

    That is the one that the failure names; or else, of those without a good final status, the one with the most
    warnings and errors. The first line names it.
    """
    if not journal.path.exists():
        return []
    run = _read(journal.path.parent, journal.path.stat().st_size)
    record = next((each for each in run.scenarios if each.name == scenario), None)
    return [] if record is None else last_events_of(record, limit)


def last_events_of(record: ScenarioRecord, limit: int = 12) -> list[str]:
    """The same, of a record that has been read."""
    events = [event for event in _events(record) if event["tone"] != MINOR]
    subject = _most_relevant(list(record.contents.subjects.values()), record.reason)
    if subject is None:
        return _lines(events[-limit:])
    own = [event for event in events if subject.id in event["subjects"]]
    return [_heading(subject), *_lines(own[-limit:])]


@lru_cache(maxsize=1)
def _read(folder: Path, _size_bytes: int) -> RunRecord:
    """Read once for all failed scenarios, and again after the journal has grown."""
    return read_run(folder)


def all_events(run: RunRecord, id_prefix: str) -> list[str]:
    """All events of the memories and messages whose id begins with the given text, under the name of their scenario.

    Raises NoSuchSubject.
    """
    lines: list[str] = []
    for record in run.scenarios:
        for subject in record.contents.subjects.values():
            if subject.id.startswith(id_prefix):
                own = [event for event in _events(record) if subject.id in event["subjects"]]
                lines += [record.name, _heading(subject), *_lines(own), ""]
    if not lines:
        raise NoSuchSubject(f"no memory or message of this run has an id that begins with {id_prefix!r}")
    return lines[:-1]


def _events(record: ScenarioRecord) -> list[FeedEvent]:
    return [event for event in record.feed if event["kind"] == "event"]


def _most_relevant(subjects: list[Content], reason: str) -> Content | None:
    named = [subject for subject in subjects if subject.id in reason]
    if named and len(named) < len(subjects):
        return named[0]
    not_complete = [subject for subject in subjects if subject.status != "complete"]
    return max(not_complete or subjects, key=lambda subject: subject.problems, default=None)


def _heading(subject: Content) -> str:
    status = subject.status.replace("_", " ") or "no final status"
    return f"{subject.kind} {subject.id} ({', '.join(filter(None, (subject.title, status, subject.reason)))})"


def _lines(events: Iterable[FeedEvent]) -> list[str]:
    """Virtual time since the scenario's first event, lane, text."""
    return [f"  {duration_text(event['at']):>13}  {event['lane']:<9} {event['text']}" for event in events]
