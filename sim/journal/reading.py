"""Reads a run's journal as it is found: half-written, with lines of later versions, of a run that was killed.

Each line gets both times, in seconds since 1970: `at`, the machine's, and `world_at`, the world's. A line that does not
know the world's time is placed by the last one of its scenario that does.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

JOURNAL = "journal.jsonl"

RESOURCES = ("queue", "function", "resource")
"""Fields that name an AWS resource, whose name begins with its pipeline's."""


class NoJournal(Exception):
    """There is no journal to report on; the text says where it was looked for."""


@dataclass(frozen=True)
class Line:
    """One event."""

    number: int
    kind: str
    at: float
    world_at: float
    scenario: str | None
    fields: dict[str, Any]

    def text(self, name: str) -> str:
        """A field as text; empty when it is not there."""
        value = self.fields.get(name)
        return "" if value is None else str(value)

    def number_of(self, name: str, default: float = 0.0) -> float:
        """A field as a number; the default when it is none."""
        value = self.fields.get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else default

    def texts(self, name: str) -> list[str]:
        """A field that holds a list, as texts."""
        value = self.fields.get(name)
        return [str(each) for each in value] if isinstance(value, list) else []


@dataclass
class ReadJournal:
    """All lines that could be read, in the order of the world's time, and how many could not."""

    lines: list[Line] = field(default_factory=list)
    unreadable: int = 0


def read_journal(folder: Path) -> ReadJournal:
    """Read `journal.jsonl` of a run's folder. Raises NoJournal."""
    path = folder / JOURNAL
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            return read_lines(lines)
    except OSError as error:
        raise NoJournal(
            f"{path} can not be read ({error.strerror}): name the folder of a run, as .sim/latest"
        ) from error


def read_lines(texts: Iterable[str]) -> ReadJournal:
    journal = ReadJournal()
    raw: list[dict[str, Any]] = []
    for text in texts:
        parsed = _parsed(text)
        if parsed is not None:
            raw.append(parsed)
        elif text.strip():
            journal.unreadable += 1
    pipelines = {
        str(line["pipeline"]): str(line["scenario"])
        for line in raw
        if line["kind"] == "scenario_started" and "pipeline" in line and "scenario" in line
    }
    journal.lines = sorted(_placed(raw, pipelines), key=lambda line: (line.world_at, line.number))
    return journal


def seconds_of(text: object) -> float | None:
    """A written moment in seconds since 1970; None when it is none."""
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


def _placed(raw: list[dict[str, Any]], pipelines: dict[str, str]) -> Iterator[Line]:
    scenarios = [_scenario_of(line, pipelines) for line in raw]
    ahead = _first_known_offsets(raw, scenarios)
    for number, (fields, scenario) in enumerate(zip(raw, scenarios, strict=True)):
        at = seconds_of(fields["at"]) or 0.0
        world_at = seconds_of(fields.get("world_at"))
        if world_at is None:
            world_at = at + ahead.get(scenario, 0.0)
        elif not _is_copied_later(fields):
            ahead[scenario] = world_at - at
        yield Line(number, fields["kind"], at, world_at, scenario, fields)


def _first_known_offsets(raw: list[dict[str, Any]], scenarios: list[str | None]) -> dict[str | None, float]:
    """How far each scenario's world is ahead at the first line that says it: for the lines before."""
    ahead: dict[str | None, float] = {}
    for fields, scenario in zip(raw, scenarios, strict=True):
        world_at, at = seconds_of(fields.get("world_at")), seconds_of(fields["at"])
        if world_at is not None and at is not None and not _is_copied_later(fields):
            ahead.setdefault(scenario, world_at - at)
    return ahead


def _is_copied_later(fields: dict[str, Any]) -> bool:
    """Its `at` is when it was copied into the journal, not when it happened."""
    return bool(fields["kind"] == "openai")


def _scenario_of(fields: dict[str, Any], pipelines: dict[str, str]) -> str | None:
    """Whose line it is: its own word, or the pipeline that the resource's name begins with."""
    if isinstance(fields.get("scenario"), str):
        return str(fields["scenario"])
    if fields["kind"] == "verdict":
        return str(fields.get("name")) if fields.get("name") else None
    for field_name in RESOURCES:
        name = str(fields.get(field_name) or "")
        while name:
            if name in pipelines:
                return pipelines[name]
            name = name.rpartition("-")[0]
    return None
