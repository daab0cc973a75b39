"""What one run knows of itself: its engine, seed, folder and options. Every process of the run has its own copy."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sim.engines.base.engine import ANYWHERE, NOTHING_FOUND, Capability, Engine, Place, Preparation
from sim.journal.journal import Journal
from sim.report.run_record import replay_command
from sim.report.verdicts import Verdict


@dataclass
class Run:
    """`folder` is None where no scenario runs, as with `--collect-only`."""

    engine: Engine
    topology: str
    seed: int
    folder: Path | None
    command: str
    """The command that runs a scenario when its name follows."""
    options: str = ""
    """The options of this run that differ from the defaults and change what runs."""
    place: Place = ANYWHERE
    """Where the scenarios run, for engines that do not build that place themselves."""
    preparation: Preparation = NOTHING_FOUND
    """What the engine found there before the first world."""
    report_path: Path | None = None
    """A second place for the report (`--report`)."""
    facts: dict[str, Any] = field(default_factory=dict)
    durations: dict[str, float] = field(default_factory=dict)
    """How long scenarios took when they last ran here. Only in the processes of pytest-xdist."""
    began: float = field(default_factory=time.monotonic)
    verdicts: list[Verdict] = field(default_factory=list)
    """Only in the controlling process."""

    @property
    def record(self) -> Path:
        """The folder of a run that has one."""
        assert self.folder is not None, "a run without scenarios has no record"
        return self.folder

    @property
    def journal(self) -> Journal:
        return Journal(self.record / "journal.jsonl")

    @property
    def real_seconds(self) -> float:
        return time.monotonic() - self.began

    @property
    def about(self) -> str:
        """Seed, engine and commit in one line, printed beside the command that replays a scenario."""
        return f"seed {self.seed} · engine {self.engine.name} · commit {self.facts.get('commit') or 'unknown'}"

    def lacking(self, needed: frozenset[Capability]) -> list[str]:
        """The needed capabilities that the engine does not have, or not in this place, in words."""
        here = self.preparation.lacking
        missing = [each.in_words for each in self.engine.lacking(needed)]
        return missing + [
            f"{each.in_words} there ({here[each]})" for each in Capability if each in needed & here.keys()
        ]

    def replay(self, scenario: str) -> str:
        return replay_command(scenario, self.seed, self.command, self.options)


def shown(path: Path) -> str:
    """The path as messages print it: relative to the current folder where it is below it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


RUN = pytest.StashKey[Run]()
"""Where pytest's configuration keeps the run."""
