"""What one run knows of itself, in every process that takes part in it."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.engines.base.engine import ANYWHERE, NOTHING_FOUND, Capability, Engine, Place, Preparation
from sim.journal.journal import Journal
from sim.report.run_record import replay_command
from sim.report.verdicts import Verdict


@dataclass
class Run:
    """`folder` is None for a run that plays nothing, such as `--collect-only`."""

    engine: Engine
    topology: str
    seed: int
    folder: Path | None
    command: str
    """What a person types before a scenario's name to play it."""
    options: str = ""
    """Options of this run that are not the usual ones and that change what is played."""
    place: Place = ANYWHERE
    """Where the engine plays it, if that is not a place of its own making."""
    preparation: Preparation = NOTHING_FOUND
    """What the engine found there."""
    report_path: Path | None = None
    """Where its user wants the report, too."""
    facts: dict[str, Any] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    verdicts: list[Verdict] = field(default_factory=list)
    """Collected by the controlling process alone."""

    @property
    def record(self) -> Path:
        """The folder of a run that plays scenarios."""
        assert self.folder is not None, "a run that plays nothing leaves no record"
        return self.folder

    @property
    def journal(self) -> Journal:
        return Journal(self.record / "journal.jsonl")

    @property
    def real_seconds(self) -> float:
        return time.monotonic() - self.began

    @property
    def about(self) -> str:
        """What a person needs to know beside the command that replays it."""
        return f"seed {self.seed} · engine {self.engine.name} · commit {self.facts.get('commit') or 'unknown'}"

    def lacking(self, needed: frozenset[Capability]) -> list[str]:
        """What of the needed the engine can not do, or not there, in words."""
        here = self.preparation.lacking
        can_not = [each.in_words for each in self.engine.lacking(needed)]
        return can_not + [
            f"{each.in_words} there ({here[each]})" for each in Capability if each in needed & here.keys()
        ]

    def replay(self, scenario: str) -> str:
        return replay_command(scenario, self.seed, self.command, self.options)


def shown(path: Path) -> str:
    """A path as people like to read it: from here, where that is shorter."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
