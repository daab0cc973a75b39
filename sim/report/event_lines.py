"""Events in words, a line each: the last ones of a scenario in the terminal, all of one memory on demand."""

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from sim.journal.journal import Journal
from sim.report.formatting import spoken_seconds
from sim.report.run_record import RunRecord, read_run
from sim.report.timeline.picture import BAD, DIM, TROUBLE, Picture, Point, Subject


class NobodyOfThatName(Exception):
    """No memory and no message of the run has such an id; the text says what was looked for."""


def last_events(journal: Journal, scenario: str, limit: int = 12) -> list[str]:
    """The last events of the memory or message that a scenario most likely failed for, a line each; else of all.

    That is the one a failure names, or else one that is not at a good end, or was in trouble most.
    """
    if not journal.path.exists():
        return []
    run = _read(journal.path.parent, journal.path.stat().st_size)
    record = next((each for each in run.scenarios if each.name == scenario), None)
    if record is None:
        return []
    picture = record.picture
    points = [point for point in picture.points if point.tone != DIM]
    concerned = _concerned(picture, record.reason)
    if concerned is None:
        return _told(points[-limit:], points)
    own = [point for point in points if concerned.id in point.subjects]
    return [_name(concerned), *_told(own[-limit:], points)]


@lru_cache(maxsize=1)
def _read(folder: Path, _size_bytes: int) -> RunRecord:
    """Read once, however many scenarios are asked for; anew when the journal has grown."""
    return read_run(folder)


def all_events(run: RunRecord, wanted: str) -> list[str]:
    """Everything that happened to one memory or message, by the beginning of its id.

    Raises NobodyOfThatName.
    """
    lines: list[str] = []
    for record in run.scenarios:
        for subject in record.picture.subjects.values():
            if subject.id.startswith(wanted):
                own = [point for point in record.picture.points if subject.id in point.subjects]
                lines += [record.name, _name(subject), *_told(own, record.picture.points), ""]
    if not lines:
        raise NobodyOfThatName(f"nobody in this run has an id that begins with {wanted!r}")
    return lines[:-1]


def _concerned(picture: Picture, reason: str) -> Subject | None:
    subjects = list(picture.subjects.values())
    named = [subject for subject in subjects if subject.id in reason]
    if named and len(named) < len(subjects):
        return named[0]
    trouble = Counter(
        subject_id for point in picture.points if point.tone in (BAD, TROUBLE) for subject_id in point.subjects
    )
    unwell = [subject for subject in subjects if subject.status != "complete"]
    return max(unwell or subjects, key=lambda subject: trouble[subject.id], default=None)


def _name(subject: Subject) -> str:
    end = subject.status.replace("_", " ") or "on its way"
    return f"{subject.kind} {subject.id} ({', '.join(filter(None, (subject.title, end, subject.reason)))})"


def _told(points: Iterable[Point], all_points: list[Point]) -> list[str]:
    zero = all_points[0].at if all_points else 0.0
    return [f"  {spoken_seconds(point.at - zero):>13}  {point.lane:<9} {point.text}" for point in points]
