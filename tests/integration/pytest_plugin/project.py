"""Another project: a folder with scenarios, run by pytest with the plugin, in a process of its own."""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import psutil

from sim.journal.journal import Journal

REPOSITORY = Path(__file__).resolve().parents[3]
LIMIT_SECONDS = 300

USE_THE_COPY = """
from dataclasses import replace
from pathlib import Path

from sim.app import APP

type(APP).processes = replace(APP.processes, sources=Path({product!r}))
"""


@dataclass(frozen=True)
class Ended:
    exit_code: int
    output: str


class Project:
    """`top` holds the project, with its scenarios in the folder `scenarios`. It runs the product in `product`."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.product = REPOSITORY / "src"
        (top / "pyproject.toml").write_text("[tool.pytest.ini_options]\naddopts = '--strict-markers'\n")
        (top / "scenarios").mkdir()

    def write(self, name: str, text: str) -> Path:
        path = self.top / "scenarios" / name
        path.write_text(dedent(text).lstrip(), encoding="utf-8")
        return path

    def run(self, *arguments: str, **how: object) -> Ended:
        running = self.start(*arguments, **how)
        try:
            output, _ = running.communicate(timeout=LIMIT_SECONDS)
        finally:
            end(running)
        return Ended(running.returncode, output)

    def start(self, *arguments: str, **how: object) -> "subprocess.Popen[str]":
        """In a process group of its own, as a shell starts it: SIGINT can be sent to the whole group."""
        command = [sys.executable, "-m", "pytest", "-p", "sim.pytest_plugin", "-p", "no:cacheprovider", *arguments]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON"))}
        environment |= {"PYTHONPATH": f"{self.product}{os.pathsep}{REPOSITORY}", "COLUMNS": "200"}
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
            command,
            cwd=self.top,
            env=environment,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "start_new_session": True, **how},
        )

    def plant(self, file: str, old: str, new: str) -> None:
        """Run a copy of the product in which `old` is replaced by `new` in one file."""
        if self.product == REPOSITORY / "src":
            self.product = self.top / "src"
            shutil.copytree(REPOSITORY / "src", self.product, ignore=shutil.ignore_patterns("__pycache__"))
            self.write("conftest.py", USE_THE_COPY.format(product=str(self.product)))
        text = (self.product / file).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file} does not hold exactly one: {old}"
        (self.product / file).write_text(text.replace(old, new), encoding="utf-8")

    @property
    def runs(self) -> list[Path]:
        home = self.top / ".sim"
        return [each for each in home.iterdir() if each.is_dir() and not each.is_symlink()] if home.exists() else []

    @property
    def journal(self) -> Journal:
        (run,) = self.runs
        return Journal(run / "journal.jsonl")


def end(process: "subprocess.Popen[str]") -> None:
    """Kill what a test left running."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
    if process.stdout is not None:
        process.stdout.close()


def living(processes: list[psutil.Process]) -> list[str]:
    """The command lines of the processes that still run. A zombie does not run."""
    alive = []
    for process in processes:
        try:
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                alive.append(f"{process.pid} {' '.join(process.cmdline())[:200]}")
        except psutil.NoSuchProcess:
            continue
    return alive


def that_name(folder: Path) -> list[psutil.Process]:
    """Every process of this machine whose command line or working folder names the folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(folder) in " ".join([*process.cmdline(), process.cwd()]):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found
