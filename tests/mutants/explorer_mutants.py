"""Bugs planted into a copy of the product, to see that the explorer finds each: in time, and as a short scenario.

Each `*.patch` beside this file is one bug; its head says of which kind and what it does. They are bugs of use cases
and of what the stores decide, which the explorer runs; the rows of the failure policy, which scenarios hold, are
taken out in `tests/planted_breaks`.

`python -m tests.mutants.explorer_mutants --write` plants all of them and writes the table in docs/explorer.md.
"""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutants.scenario_mutants import APPLY

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "explorer.md"
BEGIN, END = "<!-- planted bugs: made by tests/mutants/explorer_mutants.py -->", "<!-- end of planted bugs -->"
SEED = 1
WORLDS = 10_000
WITHIN_SECONDS = 30
MOST_LINES = 15
_PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Bug:
    patch: Path
    kind: str
    what: str

    @property
    def name(self) -> str:
        return self.patch.stem


@dataclass(frozen=True)
class Found:
    """What the explorer said about a bug."""

    promise: str
    worlds: int
    lines: int
    seconds: float
    """Until it was found and shrunk, start of Python included."""
    script: str


class NotFound(AssertionError):
    """The explorer took the bug for the product; the text is what it said."""


def all_bugs() -> list[Bug]:
    return [read(patch) for patch in sorted(HERE.glob("*.patch"))]


def read(patch: Path) -> Bug:
    head = patch.read_text(encoding="utf-8").partition("\n\n")[0]
    said = dict(line.split(": ", 1) for line in head.splitlines())
    return Bug(patch, said["Kind"], said["Bug"])


@contextmanager
def planted(bug: Bug) -> Iterator[Path]:
    """A copy of product and harness with the bug in it."""
    with TemporaryDirectory(prefix="rawk-planted-") as folder:
        for part in ("src", "sim"):
            shutil.copytree(ROOT / part, Path(folder) / part, ignore=shutil.ignore_patterns("__pycache__"))
        subprocess.run([*APPLY, str(bug.patch)], cwd=folder, check=True, capture_output=True)
        yield Path(folder)


def explored(folder: Path, *, seed: int = SEED) -> Found:
    """Let the explorer loose on the copy. Raises NotFound."""
    command = [sys.executable, "-m", "sim", "explore", "--seed", str(seed), "--worlds", str(WORLDS)]
    began = time.monotonic()
    script = folder / "found.py"
    done = subprocess.run(
        [*command, "--script", str(script)],
        cwd=folder,
        env={"PYTHONPATH": "src:.", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=_PATIENCE_SECONDS,
        check=False,
    )
    seconds = time.monotonic() - began
    promise = re.search(r"^BROKEN: (.+)$", done.stdout, re.MULTILINE)
    figures = re.search(r"^worlds needed: (\d+) · lines: (\d+)", done.stdout, re.MULTILINE)
    if done.returncode != 1 or promise is None or figures is None:
        raise NotFound(f"exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return Found(promise[1], int(figures[1]), int(figures[2]), seconds, script.read_text(encoding="utf-8"))


def table(rows: Sequence[tuple[Bug, Found]]) -> str:
    lines = [
        "| kind | planted bug | promise it breaks | worlds needed | lines of the scenario |",
        "|---|---|---|---:|---:|",
    ]
    for bug, found in sorted(rows, key=lambda row: (row[0].kind, row[0].name)):
        lines.append(f"| {bug.kind} | {bug.what} | {found.promise} | {found.worlds} | {found.lines} |")
    return "\n".join(lines)


def write_table(rows: Sequence[tuple[Bug, Found]]) -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{table(rows)}\n{END}{after}", encoding="utf-8")


def main() -> int:
    rows = []
    for bug in all_bugs():
        with planted(bug) as folder:
            try:
                found = explored(folder)
            except NotFound as missed:
                print(f"{bug.name}: NOT FOUND\n{missed}", flush=True)
                continue
        print(
            f"{bug.name}: {found.promise}, {found.worlds} worlds, {found.lines} lines, {found.seconds:.1f} s",
            flush=True,
        )
        rows.append((bug, found))
    if "--write" in sys.argv:
        write_table(rows)
    return 0 if len(rows) == len(all_bugs()) else 1


if __name__ == "__main__":
    sys.exit(main())
