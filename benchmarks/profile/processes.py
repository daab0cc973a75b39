"""The processor seconds of a command and of every process below it, from the kernel's accounts.

A parent's account has the time of each child that it has waited for. So a process of a few milliseconds counts to the
millisecond, although no look at /proc ever finds it.
"""

import ctypes
import os
import resource
import select
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

LOOK_SECONDS = 0.1
ORPHANS_SECONDS = 60.0
PR_SET_CHILD_SUBREAPER = 36  # <linux/prctl.h>
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")

SUPERVISOR, LOCALSTACK, FORK_SERVER, FORKED = "supervisors", "LocalStack", "fork server", "forked"
OPENAI, POSTGRES, POSTGRES_PROCESS = "OpenAI simulator", "Postgres", "Postgres's processes"
WORKER, CONTROLLER, OTHER = "harness, workers", "harness, controller", "other programs"

PROGRAMS = (
    (SUPERVISOR, "supervisor.py"),
    (LOCALSTACK, "localstack.runtime.main"),
    (FORK_SERVER, "in_function/fork_server.py"),
    (OPENAI, "sim.openai_simulator"),
    (POSTGRES, "bin/postgres -D"),
    (POSTGRES_PROCESS, "postgres: "),
    (WORKER, "exec(eval(sys.stdin.readline()))"),
    (CONTROLLER, "-m pytest"),
)
"""Each program with a part of its command line. The first one counts: a supervisor's has its command's."""


@dataclass
class Seen:
    """A process when it was last looked at."""

    program: str
    parent: int
    seconds: float
    children_seconds: float
    """Of children that ended and were waited for, with theirs."""


@dataclass
class Accounts:
    wall_seconds: float = 0.0
    total_seconds: float = 0.0
    """Of all processes, as they ended."""
    exit_code: int = 0
    seen: dict[tuple[int, str], Seen] = field(default_factory=dict)
    """By process id and start time."""

    def own(self, program: str) -> float:
        return sum(each.seconds for each in self.seen.values() if each.program == program)

    def children_of(self, program: str) -> float:
        return sum(each.children_seconds for each in self.seen.values() if each.program == program)


def run(command: Sequence[str], environment: Mapping[str, str], cwd: Path | None = None) -> Accounts:
    """Run a command to its end, and wait for what it leaves. Other children of this process are left alone.

    Raises TimeoutError when a process that the command left still runs a minute later.
    """
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    accounts, stopped = Accounts(), threading.Event()
    others, before, began = _children(os.getpid()), _ended_seconds(), time.monotonic()
    process = subprocess.Popen(command, env=dict(environment), cwd=cwd)
    watching = threading.Thread(target=_watch, args=(accounts, stopped))
    watching.start()
    try:
        accounts.exit_code = process.wait()
        accounts.wall_seconds = time.monotonic() - began
        _wait_for_orphans(others)
    finally:
        stopped.set()
        watching.join()
    accounts.total_seconds = _ended_seconds() - before
    return accounts


def program_of(command_line: str, parents_program: str = "") -> str:
    """A fork has the command line of the fork server."""
    if parents_program in (FORK_SERVER, FORKED):
        return FORKED
    return next((program for program, part in PROGRAMS if part in command_line), OTHER)


def _ended_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _wait_for_orphans(others: Set[int]) -> None:
    """This process inherits them (PR_SET_CHILD_SUBREAPER). An orphan may leave further ones."""
    deadline = time.monotonic() + ORPHANS_SECONDS
    while orphans := _children(os.getpid()) - others:
        for pid in orphans:
            ended = os.pidfd_open(pid)
            try:
                ready, _, _ = select.select([ended], [], [], max(0.0, deadline - time.monotonic()))
            finally:
                os.close(ended)
            if not ready:
                raise TimeoutError(f"process {pid}, which the command left, still runs after {ORPHANS_SECONDS:.0f} s")
            os.waitpid(pid, 0)


def _watch(accounts: Accounts, stopped: threading.Event) -> None:
    while not stopped.wait(LOOK_SECONDS):
        programs = {os.getpid(): ""}
        for pid, parent in below(os.getpid()):
            programs[pid] = _look(pid, programs[parent], accounts)


def below(pid: int) -> Iterator[tuple[int, int]]:
    """Every process below this one, with its parent; parents first."""
    for child in _children(pid):
        yield child, pid
        yield from below(child)


def _children(pid: int) -> set[int]:
    """Its direct children; those of a process that has ended are none."""
    found: set[int] = set()
    for task in _listed(Path(f"/proc/{pid}/task")):
        with suppress(OSError):
            found.update(map(int, Path(f"/proc/{pid}/task/{task}/children").read_text(encoding="ascii").split()))
    return found


def _listed(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - Path.iterdir leaves its iterator open when the folder vanishes
    except OSError:
        return []


def _look(pid: int, parents_program: str, accounts: Accounts) -> str:
    """Keep what /proc says of a process now; the last look before its end counts. Returns its program."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        command_line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return OTHER
    fields = stat.rpartition(")")[2].split()
    own, children = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
    program = program_of(command_line, parents_program)
    key = pid, fields[19]
    if not command_line and key in accounts.seen:  # it has ended and is not waited for yet
        program = accounts.seen[key].program
    accounts.seen[key] = Seen(program, int(fields[1]), own / TICKS_A_SECOND, children / TICKS_A_SECOND)
    return program
