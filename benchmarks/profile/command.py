"""`tox -e bench -- profile [--keep] [PYTEST'S OPTIONS]`: where each processor second of a run of the scenarios goes.

The total is the kernel's, of every process that the run started. Programs are the kernel's accounts, too; their phases
are samples. What neither explains is a row of its own. The result goes to `.sim/profile.json` and `.sim/profile.txt`,
with `--keep` also to `benchmarks/profile/last.*`, which is checked in. Viewers of flame graphs read
`.sim/profile.folded`, which has every stack.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.profile import processes, samples
from benchmarks.profile.plugin import sampled
from benchmarks.profile.processes import Accounts
from benchmarks.profile.sampler.sitecustomize import LOG_VARIABLE
from benchmarks.profile.samples import Samples

SCENARIOS = ("-n", "2", "--dist", "worksteal", "scenarios", "--seed", "1")
"""What is profiled unless options follow: all of them, on two worlds."""

KEPT = Path(__file__).with_name("last")
RESULT = Path(".sim") / "profile"
SMALLEST_SECONDS = 0.1
"""Phases below are added up in one row."""

FORKS = (samples.FUNCTION, samples.API, samples.COMMAND, samples.UNNAMED)
SAMPLED = (processes.LOCALSTACK, processes.FORK_SERVER, processes.OPENAI, processes.WORKER, processes.CONTROLLER)
NOT_SAMPLED = "after the last sample"


@dataclass(frozen=True)
class Row:
    program: str
    phase: str
    """Empty for the whole program."""
    seconds: float
    starts: int = 0


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="tox -e bench -- profile", description=__doc__.partition("\n\n")[2])
    parser.add_argument("--keep", action="store_true", help=f"also write it to {KEPT.parent.name}/{KEPT.name}.*")
    options, pytests = parser.parse_known_args(arguments)
    chosen = pytests or list(SCENARIOS)
    with tempfile.TemporaryDirectory(prefix="rawk-profile-") as folder:
        log = Path(folder) / "samples.jsonl"
        command = [sys.executable, "-m", "pytest", "-p", "benchmarks.profile.plugin", *chosen]
        accounts = processes.run(command, sampled("pytest", {**os.environ, LOG_VARIABLE: str(log)}))
        taken = samples.read(log)
    rows = list(rows_of(accounts, taken))
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.with_suffix(".folded").write_text(taken.folded(), encoding="utf-8")
    write(rows, accounts, chosen, [RESULT, KEPT] if options.keep else [RESULT])
    show(rows, accounts, Console(highlight=False, width=120))
    return accounts.exit_code


def rows_of(accounts: Accounts, taken: Samples) -> Iterator[Row]:
    """Each program followed by its phases; the sum over the programs is the total."""
    explained = 0.0
    for program in _programs(accounts, taken):
        explained += program.seconds
        yield program
        yield from _phases(program, taken.phases.get(program.program, Counter()))
    yield Row("not explained", "", accounts.total_seconds - explained)


def _programs(accounts: Accounts, taken: Samples) -> Iterator[Row]:
    # What the kernel counted beyond the samples is the end of each fork: the same for every one.
    unsampled = accounts.children_of(processes.FORK_SERVER) - sum(taken.seconds[each] for each in FORKS)
    each_end = unsampled / max(1, sum(taken.starts[each] for each in FORKS))
    for program in FORKS:
        starts = taken.starts[program]
        yield Row(program, "", taken.seconds[program] + starts * each_end, starts)
    for program in SAMPLED:
        yield Row(program, "", accounts.own(program), taken.starts[program])
    yield Row(processes.POSTGRES, "", accounts.own(processes.POSTGRES) + accounts.children_of(processes.POSTGRES))
    for program in (processes.SUPERVISOR, processes.OTHER):
        yield Row(program, "", accounts.own(program))


def _phases(program: Row, phases: Counter[str]) -> Iterator[Row]:
    large = Counter({phase: seconds for phase, seconds in phases.items() if seconds >= SMALLEST_SECONDS})
    for phase, seconds in large.most_common():
        yield Row(program.program, phase, seconds)
    if small := sum(phases.values()) - sum(large.values()):
        yield Row(program.program, f"{len(phases) - len(large)} more, each below {SMALLEST_SECONDS} s", small)
    if phases:
        yield Row(program.program, NOT_SAMPLED, program.seconds - sum(phases.values()))


def write(rows: Sequence[Row], accounts: Accounts, options: Sequence[str], to: Sequence[Path]) -> None:
    facts = {
        "command": f"pytest {' '.join(options)}",
        "exit_code": accounts.exit_code,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {_processor()}",
        "wall_seconds": round(accounts.wall_seconds, 2),
        "processor_seconds": round(accounts.total_seconds, 2),
        "idle_seconds": round(_idle_seconds(accounts), 2),
        "rows": [{**asdict(each), "seconds": round(each.seconds, 3)} for each in rows],
    }
    for path in to:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        with path.with_suffix(".txt").open("w", encoding="utf-8") as file:
            file.write(f"{facts['command']}\n{facts['at']}, {facts['machine']}\n\n")
            show(rows, accounts, Console(file=file, highlight=False, width=120))


def show(rows: Sequence[Row], accounts: Accounts, console: Console) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("program", "phase", "seconds", "share", "starts", "ms a start"):
        table.add_column(heading, justify="left" if heading in ("program", "phase") else "right")
    for each in rows:
        starts = next((row.starts for row in rows if row.program == each.program and not row.phase), 0)
        table.add_row(
            "" if each.phase else each.program,
            each.phase,
            f"{each.seconds:.2f}",
            f"{100 * each.seconds / accounts.total_seconds:.1f} %",
            f"{each.starts}" if each.starts else "",
            f"{1000 * each.seconds / starts:.1f}" if starts > 5 else "",
        )
    console.print(table)
    wall, cores = accounts.wall_seconds, os.cpu_count() or 1
    console.print(
        f"\n{accounts.total_seconds:.1f} processor seconds in {wall:.1f} s on {cores} cores; "
        f"{_idle_seconds(accounts):.1f} s idle or used by others"
    )


def _idle_seconds(accounts: Accounts) -> float:
    return accounts.wall_seconds * (os.cpu_count() or 1) - accounts.total_seconds


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown processor"
