"""A whole run, read from its journal: its scenarios with claims and verdicts, and the facts of the run."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from shlex import quote
from typing import Any

from sim.journal.reading import Line, ReadJournal, read_journal
from sim.picture.conservation import Derived, conservation_of
from sim.picture.contents import Contents, contents_of
from sim.picture.feed import FeedEvent, feed_of
from sim.picture.formatting import folder_title_of, title_of
from sim.report.verdicts import FAILED, INCONCLUSIVE, PASSED, SKIPPED, UNFINISHED

OUTSIDE_OF_THE_SCENARIO = (
    "scenario_started",
    "pipeline_ready",
    "verdict",
    "openai_request",
    "database_commit",
    "memory",
    "permissions",
    "events_counted",
    "conservation",
)
"""Kinds of lines that are written before the scenario's pipeline is ready or after the scenario has ended."""

DEFAULT_COMMAND = "tox -e scenarios --"
"""Runs the scenarios of this repository. The journal of another project's run has a command of its own."""

VERDICTS = (FAILED, INCONCLUSIVE, UNFINISHED, PASSED, SKIPPED)
"""In the order of the report: what needs attention comes first."""


@dataclass(frozen=True)
class ScenarioRecord:
    """One scenario; `lines` are all of its events in the order of virtual time."""

    name: str
    claim: str
    about: str
    verdict: str
    reason: str
    pipeline: str
    """The name of its pipeline, and of the folder with its logs."""
    source: str
    source_line: int
    """The line of its file in which the source begins; 0: not known."""
    lines: list[Line] = field(repr=False)
    outcomes: Mapping[str, int] = field(default_factory=dict)
    test_seconds: float = 0.0

    @property
    def folder(self) -> str:
        """What goes wrong in it, from the name of its folder: `OpenAI`."""
        return folder_title_of(self.name.partition("::")[0]) or "scenarios"

    @property
    def title(self) -> str:
        """The name of its test as words."""
        return title_of(self.name.rpartition("::")[2])

    @cached_property
    def feed(self) -> list[FeedEvent]:
        """Its events, as the page draws them and the terminal lists them."""
        return feed_of(self.lines)

    @cached_property
    def contents(self) -> Contents:
        """Its subjects and faults."""
        return contents_of(self.feed)

    @cached_property
    def conservation(self) -> Derived | None:
        """None where its engine does not observe events."""
        return conservation_of(self.lines)

    @property
    def invariants(self) -> list[dict[str, Any]]:
        """The results of the invariants; empty if the scenario ended before they were checked."""
        checks = [line for line in self.lines if line.kind == "invariants_checked"]
        results = checks[-1].fields.get("results") if checks else None
        return results if isinstance(results, list) else []

    @cached_property
    def window(self) -> tuple[Line, Line] | None:
        """First and last event of the scenario itself, without the start and removal of its pipeline."""
        own = [line for line in self.lines if line.kind not in OUTSIDE_OF_THE_SCENARIO]
        return (own[0], own[-1]) if own else None

    @property
    def virtual_seconds(self) -> float:
        """Its duration in virtual time."""
        return self.window[1].virtual_at - self.window[0].virtual_at if self.window else 0.0

    @property
    def real_seconds(self) -> float:
        """Its duration in real time."""
        return max(0.0, self.window[1].at - self.window[0].at) if self.window else 0.0


@dataclass(frozen=True)
class RunRecord:
    """One run; `about` are the keys of the line `run_started`. `finished` is False if the run was killed."""

    name: str
    about: Mapping[str, Any]
    scenarios: list[ScenarioRecord]
    finished: bool
    real_seconds: float
    unreadable: int = 0
    logs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By pipeline: its log files, relative to the folder of the run."""

    @property
    def counts(self) -> dict[str, int]:
        """The number of scenarios by verdict, for the verdicts that occur."""
        found = [scenario.verdict for scenario in self.scenarios]
        return {verdict: found.count(verdict) for verdict in VERDICTS if verdict in found}

    @property
    def ordered(self) -> list[ScenarioRecord]:
        """All scenarios, by verdict (see VERDICTS) and name."""
        return sorted(self.scenarios, key=lambda each: (_rank(each.verdict), each.name))

    @property
    def virtual_seconds(self) -> float:
        """The sum of all scenarios' virtual time."""
        return sum(scenario.virtual_seconds for scenario in self.scenarios)

    @property
    def seed(self) -> int | None:
        seed = self.about.get("seed")
        return seed if isinstance(seed, int) else None

    def replay(self, scenario: str) -> str:
        """The command that runs one scenario again with the same seed."""
        command, options = (str(self.about.get(name) or "") for name in ("command", "options"))
        return replay_command(scenario, self.seed, command or DEFAULT_COMMAND, options)


def replay_command(scenario: str, seed: int | None, command: str, options: str) -> str:
    """The command line, quoted for a shell; `options` are those of the run that differ from the defaults."""
    parts = [command, quote(scenario), "" if seed is None else f"--seed {seed}", options]
    return " ".join(part for part in parts if part)


def read_run(folder: Path) -> RunRecord:
    """Read the run whose journal is in the folder. Raises NoJournal and OtherRecordVersion."""
    return run_of(read_journal(folder), folder.resolve().name, logs_in(folder))


def logs_in(folder: Path) -> dict[str, list[str]]:
    """By pipeline: the log files below the folder of a run."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(folder.glob("*/logs/*/*.log")):
        found[path.parent.name].append(path.relative_to(folder).as_posix())
    return dict(found)


def run_of(journal: ReadJournal, name: str = "run", logs: Mapping[str, Sequence[str]] | None = None) -> RunRecord:
    by_scenario: dict[str, list[Line]] = defaultdict(list)
    started: Line | None = None
    ended: Line | None = None
    for line in journal.lines:
        if line.scenario is not None:
            by_scenario[line.scenario].append(line)
        elif line.kind == "run_started":
            started = started or line
        elif line.kind == "run_ended":
            ended = line
    moments = [line.at for line in journal.lines]
    return RunRecord(
        name=name,
        about=started.fields if started else {},
        scenarios=[_scenario(name, lines) for name, lines in by_scenario.items()],
        finished=ended is not None,
        real_seconds=max(moments) - min(moments) if moments else 0.0,
        unreadable=journal.unreadable,
        logs=logs or {},
    )


def _scenario(name: str, lines: list[Line]) -> ScenarioRecord:
    started = next((line for line in lines if line.kind == "scenario_started"), None)
    verdicts = [line for line in lines if line.kind == "verdict"]
    verdict = verdicts[-1] if verdicts else None
    outcomes = verdict.fields.get("outcomes") if verdict else None
    ended = next((line.number for line in lines if line.kind == "scenario_ended"), None)
    if ended is not None:  # later events of the emulator are the removal of the scenario's pipeline
        lines = [line for line in lines if line.number <= ended or line.kind == "verdict"]
    return ScenarioRecord(
        name=name,
        claim=(verdict.text("claim") if verdict else "") or (started.text("claim") if started else "") or "no claim",
        about=started.text("about") if started else "",
        verdict=verdict.text("verdict") if verdict else UNFINISHED,
        reason=verdict.text("reason") if verdict else "",
        pipeline=started.text("pipeline") if started else "",
        source=started.text("source") if started else "",
        source_line=int(started.number_of("source_line")) if started else 0,
        lines=lines,
        outcomes=outcomes if isinstance(outcomes, dict) else {},
        test_seconds=verdict.number_of("test_seconds") if verdict else 0.0,
    )


def _rank(verdict: str) -> int:
    return VERDICTS.index(verdict) if verdict in VERDICTS else 0
