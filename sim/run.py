"""What one run knows of itself, in every process that takes part in it."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.engines.engine import Engine
from sim.report.run_record import replay_command
from sim.report.verdicts import Verdict
from sim.timeline import Journal


@dataclass
class Run:
    """`folder` is None for a run that plays nothing, such as `--collect-only`."""

    engine: Engine
    topology: str
    seed: int
    folder: Path | None
    command: str
    """What a person types before a story's name to play it."""
    options: str = ""
    """Options of this run that are not the usual ones and that change what is played."""
    report_path: Path | None = None
    """Where its user wants the report, too."""
    facts: dict[str, Any] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    verdicts: list[Verdict] = field(default_factory=list)
    """Collected by the controlling process alone."""

    @property
    def record(self) -> Path:
        """The folder of a run that plays stories."""
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

    def replay(self, scenario: str) -> str:
        return replay_command(scenario, self.seed, self.command, self.options)


def shown(path: Path) -> str:
    """A path as people like to read it: from here, where that is shorter."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
