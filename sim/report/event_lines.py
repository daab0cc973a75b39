"""Events as lines of text: the last ones of a failed scenario for the terminal, and all of one memory on request."""

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from sim.journal.journal import Journal
from sim.picture.formatting import duration_text
from sim.picture.vocabulary import ERROR, MINOR, WARNING
from sim.report.run_record import RunRecord, read_run
from sim.report.timeline.model import Point, Subject, Timeline


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
    if record is None:
        return []
    timeline = record.timeline
    points = [point for point in timeline.points if point.tone != MINOR]
    subject = _most_relevant(timeline, record.reason)
    if subject is None:
        return _lines(points[-limit:], points)
    own = [point for point in points if subject.id in point.subjects]
    return [_heading(subject), *_lines(own[-limit:], points)]


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
        for subject in record.timeline.subjects.values():
            if subject.id.startswith(id_prefix):
                own = [point for point in record.timeline.points if subject.id in point.subjects]
                lines += [record.name, _heading(subject), *_lines(own, record.timeline.points), ""]
    if not lines:
        raise NoSuchSubject(f"no memory or message of this run has an id that begins with {id_prefix!r}")
    return lines[:-1]


def _most_relevant(timeline: Timeline, reason: str) -> Subject | None:
    subjects = list(timeline.subjects.values())
    named = [subject for subject in subjects if subject.id in reason]
    if named and len(named) < len(subjects):
        return named[0]
    problems = Counter(
        subject_id for point in timeline.points if point.tone in (ERROR, WARNING) for subject_id in point.subjects
    )
    not_complete = [subject for subject in subjects if subject.status != "complete"]
    return max(not_complete or subjects, key=lambda subject: problems[subject.id], default=None)


def _heading(subject: Subject) -> str:
    status = subject.status.replace("_", " ") or "no final status"
    return f"{subject.kind} {subject.id} ({', '.join(filter(None, (subject.title, status, subject.reason)))})"


def _lines(points: Iterable[Point], all_points: list[Point]) -> list[str]:
    """Virtual time since the scenario's first event, lane, text."""
    zero = all_points[0].at if all_points else 0.0
    return [f"  {duration_text(point.at - zero):>13}  {point.lane:<9} {point.text}" for point in points]
