"""Mutation testing of single modules with mutmut: `tox -e mutation`.

Each module is mutated in a copy of the repository below `.sim/mutation`, and only its own tests run (`targets.py`).
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sim.platform.machine import usable_cores
from tests.contract.servers import SHARED_POSTGRES, in_memory, start_postgres
from tests.mutation.results import (
    LEAST_SCORE,
    PAGE,
    ROOT,
    Result,
    Survivor,
    equivalents,
    page,
    read_results,
    write_results,
)
from tests.mutation.targets import TARGETS, Target

WORK = ROOT / ".sim" / "mutation"
COPIED = ("src", "sim", "tests", "terraform")
SURVIVED, NO_TESTS = 0, (5, 33)
"""Exit codes that mutmut records for a mutant (`mutmut/stats.py`); any other one is a kill."""
NOT_MUTATED = (r"^\s*log\.", r"\btext\(", r'^\s*raise \w+\(f?"[^"]*"\)( from \w+)?$')
MODULE_TIMEOUT_SECONDS = 3600
LEAST_SECONDS = 10.0
TIMES = 5.0
"""mutmut ends a mutant's tests after this many times the sum of what they took and `LEAST_SECONDS`, which counts as a
kill. A machine that is busy with something else must not kill a mutant."""

SETTINGS = """
[tool.mutmut]
source_paths = ["src"]
only_mutate = {paths}
also_copy = ["sim", "terraform"]
do_not_mutate_patterns = {patterns}
pytest_add_cli_args = ["-p", "no:xdist", "-p", "no:cacheprovider"]
pytest_add_cli_args_test_selection = {tests}
use_git_change_detection = false
timeout_constant = {seconds}
timeout_multiplier = {times}
"""


class MutationFailed(Exception):
    """mutmut did not get as far as a result, for example because a test fails without a mutant; the text has its
    output."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit 0 if every chosen module has the least score, 1 if not."""
    parser = argparse.ArgumentParser(
        prog="tox -e mutation",
        description="Mutate modules of the product, and run the tests that must kill the mutants.",
    )
    modules = {target.module: target for target in TARGETS}
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"all if none is given: {', '.join(modules)}")
    parser.add_argument(
        "--write-page", action="store_true", help="write the page from the stored results; runs nothing"
    )
    parsed = parser.parse_args(arguments)
    if unknown := sorted(set(parsed.modules) - set(modules)):
        parser.error(f"{unknown[0]} is not under mutation testing (tests/mutation/targets.py)")
    chosen = [] if parsed.write_page else [modules[name] for name in parsed.modules or modules]
    equivalent, too_low = equivalents(), []
    with servers_for(chosen):
        for target in chosen:
            result = run(target)
            write_results({**read_results(), result.module: result})  # another run may have written meanwhile
            write_page(equivalent)  # an interrupted run keeps the modules that it has finished
            if not report(result, equivalent):
                too_low.append(result.module)
    write_page(equivalent)
    if too_low:
        print(f"less than {LEAST_SCORE:.0%} killed: {', '.join(too_low)}")
    return 1 if too_low else 0


@contextmanager
def servers_for(targets: Sequence[Target]) -> Iterator[None]:
    """One Postgres for every test of every mutant, where a module needs it."""
    if not any(target.needs_postgres for target in targets):
        yield
        return
    with TemporaryDirectory(prefix="rawk-mutation-", dir=in_memory()) as folder:
        server = start_postgres(Path(folder))
        os.environ[SHARED_POSTGRES] = f"{server.port}:{server.password}"
        try:
            yield
        finally:
            del os.environ[SHARED_POSTGRES]
            server.stop()


def write_page(equivalent: Mapping[tuple[str, str, str], str]) -> None:
    PAGE.write_text(page(read_results(), equivalent), encoding="utf-8")


def report(result: Result, equivalent: Mapping[tuple[str, str, str], str]) -> bool:
    """Print the result of a module. Whether it has the least score."""
    score = result.score(equivalent)
    print(f"{result.module}: {result.killed} of {result.mutants} killed, score {score:.1%}", flush=True)
    for survivor in result.open(equivalent):
        print(f"  survived in {survivor.function}\n    - {survivor.removed}\n    + {survivor.added}", flush=True)
    return score >= LEAST_SCORE


def run(target: Target) -> Result:
    """Mutate a module, and run its tests. Raises MutationFailed."""
    folder = WORK / target.module.removesuffix(".py").replace("/", "-")
    shutil.rmtree(folder, ignore_errors=True)
    for part in COPIED:
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", ".terraform"))
    settings = SETTINGS.format(
        paths=json.dumps([target.path]),
        patterns=json.dumps(NOT_MUTATED),
        tests=json.dumps(target.tests),
        seconds=LEAST_SECONDS,
        times=TIMES,
    )
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text(project + settings, encoding="utf-8")
    done = _mutmut(folder, "run", "--max-children", str(usable_cores()))
    codes = _exit_codes(folder / "mutants" / f"{target.path}.meta")
    if done.returncode != 0 or None in codes.values():
        raise MutationFailed(f"{target.module}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return _result(folder, target.module, codes)


def _exit_codes(record: Path) -> dict[str, int | None]:
    """Mutant → exit code of its tests; none for a module without mutants."""
    return dict(json.loads(record.read_text(encoding="utf-8"))["exit_code_by_key"]) if record.exists() else {}


def _result(folder: Path, module: str, codes: Mapping[str, int | None]) -> Result:
    survivors = [_survivor(folder, name) for name, code in codes.items() if code == SURVIVED or code in NO_TESTS]
    return Result(module, len(codes), len(codes) - len(survivors), survivors)


def _survivor(folder: Path, name: str) -> Survivor:
    """What the mutant changes, as `mutmut show` prints it."""
    diff = _mutmut(folder, "show", name).stdout
    lines = [line for line in diff.splitlines() if re.match(r"[-+](?![-+])", line)]
    removed = [line[1:].strip() for line in lines if line.startswith("-")]
    added = [line[1:].strip() for line in lines if line.startswith("+")]
    function = re.sub(r"^x_?|__mutmut_\d+$", "", name.rpartition(".")[2]).replace("ǁ", ".").strip(".")
    return Survivor(function, "\n".join(removed), "\n".join(added))


def _mutmut(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, "-m", "mutmut", *arguments],
        cwd=folder,
        env={**environment, "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=MODULE_TIMEOUT_SECONDS,
        check=False,
    )
