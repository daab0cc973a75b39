"""`tox -e bench -- catalogue [--beside REVISION] [--rounds N] [OPTIONS]`: all scenarios, beside the parent commit.

Minutes. Each round runs this tree and then the other revision, on the same interpreter and the same built environments.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from benchmarks.figures import Figure, show, write
from benchmarks.profile import processes
from benchmarks.profile.command import SCENARIOS
from benchmarks.profile.processes import Accounts
from sim.platform.paths import ENVIRONMENTS, REPOSITORY

RESULT = Path(".sim") / "catalogue.json"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="tox -e bench -- catalogue", description=__doc__.partition("\n\n")[2])
    parser.add_argument("--beside", default="HEAD~1", metavar="REVISION", help="what it is compared with (HEAD~1)")
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="how often both are run (1)")
    options, pytests = parser.parse_known_args(arguments)
    chosen = pytests or list(SCENARIOS)
    ours: list[Accounts] = []
    theirs: list[Accounts] = []
    with checkout(options.beside) as other:
        for _ in range(options.rounds):
            ours.append(_run(REPOSITORY, chosen))
            theirs.append(_run(other, chosen))
    figures = [
        Figure.of(
            "all scenarios",
            "s",
            60,
            [each.wall_seconds for each in ours],
            [each.wall_seconds for each in theirs],
            options.beside,
        ),
        Figure.of(
            "all scenarios, processor time",
            "s",
            100,
            [each.total_seconds for each in ours],
            [each.total_seconds for each in theirs],
            options.beside,
        ),
    ]
    show(figures, Console(highlight=False, width=150))
    write(figures, RESULT)
    return max(each.exit_code for each in ours)


@contextmanager
def checkout(revision: str) -> Iterator[Path]:
    """Another revision in a folder of its own, with this one's built environments."""
    with tempfile.TemporaryDirectory(prefix="rawk-catalogue-") as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        archive = subprocess.run(["git", "archive", revision], cwd=REPOSITORY, check=True, capture_output=True)
        subprocess.run(["tar", "x"], cwd=tree, check=True, input=archive.stdout)
        (tree / ".sim").mkdir()
        ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
        (tree / ".sim" / ENVIRONMENTS.name).symlink_to(ENVIRONMENTS.resolve())
        yield tree


def _run(tree: Path, options: Sequence[str]) -> Accounts:
    path = os.pathsep.join([str(tree / "src"), str(tree)])
    command = [sys.executable, "-m", "pytest", "-q", *options]
    return processes.run(command, {**os.environ, "PYTHONPATH": path}, cwd=tree)
