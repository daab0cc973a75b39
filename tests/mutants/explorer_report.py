"""What the explorer reports about a mutant, read from its output."""

import subprocess
from dataclasses import dataclass
from itertools import takewhile


@dataclass(frozen=True)
class Found:
    """What the explorer reported about a mutant."""

    invariant: str
    worlds: int
    lines: int
    seconds: float
    event: str
    """What it says about the violation."""
    script: str
    """The scenario that the explorer wrote; empty if it wrote none."""
    obstacles: str
    """Why it wrote none: what no scenario can do."""


def event_in(report: str) -> str:
    """The line of the explorer's report that says what was violated."""
    return next(line.removeprefix("VIOLATED: ") for line in report.splitlines() if line.startswith("VIOLATED: "))


def obstacles_in(report: str) -> str:
    """What the explorer says that no scenario can do."""
    lines = report.partition("no scenario script, because a scenario cannot do this:\n")[2].splitlines()
    return "; ".join(line.strip() for line in takewhile(lambda line: line.startswith("  "), lines))


def output_of(done: subprocess.CompletedProcess[str]) -> str:
    return f"exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
