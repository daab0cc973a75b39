"""The samples of a run: which program each process was, and where its seconds went."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.profile.phases import ENDED, NO_PYTHON, phase_of

FUNCTION, API, COMMAND = "functions", "API", "commands"
UNNAMED = "forks that ended before a sample"

PROGRAMS = (
    (FUNCTION, "in_function/bootstrap.py"),
    ("LocalStack", "localstack/runtime/main.py"),
    ("OpenAI simulator", "sim/openai_simulator/__main__.py"),
    ("fork server", "in_function/fork_server.py"),
    ("harness, controller", "pytest/__main__.py"),
    ("harness, workers", "-c"),
)
"""Each program with the end of its first argument."""


@dataclass
class Process:
    """One process: its samples, and what it turned out to be."""

    is_fork: bool
    program: str
    seconds: float = 0.0
    stacks: Counter[str] = field(default_factory=Counter)


@dataclass
class Samples:
    """Of all processes, by program."""

    starts: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    phases: dict[str, Counter[str]] = field(default_factory=dict)
    """Seconds by program and phase."""
    stacks: dict[str, Counter[str]] = field(default_factory=dict)
    """Seconds by program and stack."""

    def folded(self) -> str:
        """Microseconds by stack, as viewers of flame graphs read them."""
        return "".join(
            f"{program};{stack or ENDED} {seconds * 1e6:.0f}\n"
            for program, stacks in self.stacks.items()
            for stack, seconds in stacks.items()
        )


def program_of(arguments: list[str]) -> str:
    script = arguments[0] if arguments else ""
    if script.endswith("rawk/__main__.py"):
        return API if "serve" in arguments else COMMAND
    return next((program for program, end in PROGRAMS if script.endswith(end)), "")


def read(log: Path) -> Samples:
    samples = Samples()
    for process in _processes(log).values():
        program = UNNAMED if process.is_fork and process.program == "fork server" else process.program
        samples.starts[program] += 1
        samples.seconds[program] += process.seconds
        samples.stacks.setdefault(program, Counter()).update(process.stacks)
        phases = samples.phases.setdefault(program, Counter())
        for stack, seconds in process.stacks.items():
            phases[phase_of(program, stack)] += seconds
    return samples


def _processes(log: Path) -> dict[int, Process]:
    processes: dict[int, Process] = {}
    for pid, arguments, seconds, threads in _lines(log):
        program = program_of(arguments)
        process = processes.setdefault(pid, Process(not threads, program))
        process.program = program or process.program
        process.seconds += seconds
        for took, stack in threads:
            process.stacks[stack] += took
        process.stacks[NO_PYTHON] += max(0.0, seconds - sum(took for took, _ in threads))
    return processes


def _lines(log: Path) -> Iterator[tuple[int, list[str], float, list[tuple[float, str]]]]:
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
