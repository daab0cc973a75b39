"""Reads the journal of a run: also of a run that was killed, and with kinds and keys that this code does not know.

Each line gets both times, in seconds since 1970: `at` (real time) and `virtual_at` (virtual time). A line without a
virtual time gets it from the last line of its scenario that has one.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sim.journal.version import RECORD_VERSION, OtherRecordVersion

JOURNAL = "journal.jsonl"

RESOURCE_KEYS = ("queue", "function", "resource", "principal")
"""Keys whose value is the name of an AWS resource or principal. It begins with the name of its pipeline."""

COPIED_LATER = ("openai_request", "database_commit")
"""Kinds of lines that are copied into the journal some time after their events."""

CUT_OFF = "connection_closed"
"""Outcome of a request to OpenAI whose answer a fault has kept from the client."""


class NoJournal(Exception):
    """There is no journal to report on; the message gives the path."""


@dataclass(frozen=True)
class Line:
    """One event of the journal; `number` is its position in the file, from 0."""

    number: int
    kind: str
    at: float
    virtual_at: float
    scenario: str | None
    fields: dict[str, Any]

    def text(self, name: str) -> str:
        """A field as text; empty if it is missing."""
        value = self.fields.get(name)
        return "" if value is None else str(value)

    def number_of(self, name: str, default: float = 0.0) -> float:
        """A field as a number; the default if it is missing or not a number."""
        value = self.fields.get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else default

    def texts(self, name: str) -> list[str]:
        """A list field, each item as text; empty if it is missing or not a list."""
        value = self.fields.get(name)
        return [str(each) for each in value] if isinstance(value, list) else []


@dataclass
class ReadJournal:
    """All readable lines in the order of virtual time, and the number of lines that could not be read."""

    lines: list[Line] = field(default_factory=list)
    unreadable: int = 0


def read_journal(folder: Path) -> ReadJournal:
    """Read `journal.jsonl` in the folder of a run.

    Raises NoJournal if the file cannot be read, OtherRecordVersion if its lines have another version or none.
    """
    path = folder / JOURNAL
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            journal = read_lines(lines)
    except OSError as error:
        raise NoJournal(
            f"{path} cannot be read ({error.strerror}): give the folder of a run, for example .sim/latest"
        ) from error
    _check_version(journal, path)
    return journal


def _check_version(journal: ReadJournal, path: Path) -> None:
    # A run that was killed at its very first line has no readable line and so nothing that could be misread.
    started = [line for line in journal.lines if line.kind == "run_started"]
    found = started[0].fields.get("version") if started else None
    if journal.lines and found != RECORD_VERSION:
        raise OtherRecordVersion(path, found)


def read_lines(texts: Iterable[str]) -> ReadJournal:
    """Read the lines of a journal, whatever their version."""
    journal = ReadJournal()
    raw: list[dict[str, Any]] = []
    for text in texts:
        parsed = _parsed(text)
        if parsed is not None:
            raw.append(parsed)
        elif text.strip():
            journal.unreadable += 1
    pipelines = _pipelines_in(raw)
    scenarios = [_scenario_of(line, pipelines) for line in raw]
    lines = _with_times(raw, scenarios, _first_known_offsets(raw, scenarios))
    journal.lines = sorted(lines, key=lambda line: (line.virtual_at, line.number))
    return journal


class JournalTail:
    """Reads a journal while it is written: each call of `read` gives the lines that were completed since the last.

    Lines keep the order of the file. A line before the first of its scenario with a virtual time gets its real time.
    """

    def __init__(self, path: Path, begin: int) -> None:
        """`begin` is the position in the file, in bytes, of the first line to read."""
        self._path = path
        self._position = begin
        self._number = 0
        self._pipelines: dict[str, str] = {}
        self._offsets: dict[str | None, float] = {}

    def read(self) -> list[Line]:
        """The new lines; those that cannot be parsed are left out."""
        raw = [line for text in self._texts() if (line := _parsed(text)) is not None]
        self._pipelines |= _pipelines_in(raw)
        scenarios = [_scenario_of(line, self._pipelines) for line in raw]
        lines = list(_with_times(raw, scenarios, self._offsets, self._number))
        self._number += len(lines)
        return lines

    def _texts(self) -> list[str]:
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._position)
            complete, _, _ = file.read().rpartition(b"\n")
        if not complete:
            return []
        self._position += len(complete) + 1
        return complete.decode("utf-8", errors="replace").split("\n")


def _pipelines_in(raw: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Name of a pipeline → its scenario."""
    return {
        str(line["pipeline"]): str(line["scenario"])
        for line in raw
        if line["kind"] == "scenario_started" and "pipeline" in line and "scenario" in line
    }


def seconds_of(text: object) -> float | None:
    """An ISO 8601 time in seconds since 1970; None if the value is not such a time."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        line = json.loads(text)
    except ValueError:
        return None
    usable = isinstance(line, dict) and isinstance(line.get("kind"), str) and seconds_of(line.get("at")) is not None
    return line if usable else None


def _with_times(
    raw: list[dict[str, Any]], scenarios: list[str | None], offsets: dict[str | None, float], first: int = 0
) -> Iterator[Line]:
    """`offsets`: virtual time minus real time by scenario, which the lines bring up to date."""
    for number, (fields, scenario) in enumerate(zip(raw, scenarios, strict=True), first):
        at = seconds_of(fields["at"]) or 0.0
        virtual_at = seconds_of(fields.get("virtual_at"))
        if virtual_at is None:
            virtual_at = at + offsets.get(scenario, 0.0)
        elif not _is_copied_later(fields):
            offsets[scenario] = virtual_at - at
        yield Line(number, fields["kind"], at, virtual_at, scenario, fields)


def _first_known_offsets(raw: list[dict[str, Any]], scenarios: list[str | None]) -> dict[str | None, float]:
    """By scenario: virtual time minus real time on the first line that has both. It is used for the lines before."""
    offsets: dict[str | None, float] = {}
    for fields, scenario in zip(raw, scenarios, strict=True):
        virtual_at, at = seconds_of(fields.get("virtual_at")), seconds_of(fields["at"])
        if virtual_at is not None and at is not None and not _is_copied_later(fields):
            offsets.setdefault(scenario, virtual_at - at)
    return offsets


def _is_copied_later(fields: dict[str, Any]) -> bool:
    """Its `at` is the time at which it was copied into the journal, not the time of the event."""
    return fields["kind"] in COPIED_LATER


def _scenario_of(fields: dict[str, Any], pipelines: dict[str, str]) -> str | None:
    """The scenario of a line: the one it names, or the one whose pipeline's name its resource begins with."""
    if isinstance(fields.get("scenario"), str):
        return str(fields["scenario"])
    for key in RESOURCE_KEYS:
        name = str(fields.get(key) or "")
        while name:
            if name in pipelines:
                return pipelines[name]
            name = name.rpartition("-")[0]
    return None
