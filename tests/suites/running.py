"""Runs files of an outside suite against a running emulator, in a process of the suite's own interpreter."""

import json
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sim.localstack.extension.rawk_emulator.features import FEATURES, WITHOUT_VARIABLE
from sim.localstack.server import LocalStack
from sim.platform.environment import isolated_environment
from tests.suites.suites import Suite

PLUGIN = Path(__file__).with_name("plugin")
TEST_LIMIT_SECONDS = 150
STOCK_NEEDS = ("process-executor", "input-paths")
"""Features that stock LocalStack keeps: without Docker it runs no function at all, and with all of its packages it has
the paths."""


@dataclass(frozen=True)
class TestResult:
    """The outcome of one test: passed, failed, skipped. `text` is the last line of what it says."""

    test: str
    outcome: str
    text: str
    markers: tuple[str, ...]

    @property
    def file(self) -> str:
        return self.test.partition("::")[0]


def emulator(suite: Suite, folder: Path, *, stock: bool) -> LocalStack:
    """Our emulator, or LocalStack by itself; not started."""
    without = [each.name for each in FEATURES if each.name not in STOCK_NEEDS] if stock else []
    variables = {**suite.settings, WITHOUT_VARIABLE: ",".join(without)}
    return LocalStack(
        folder / "state", folder / "localstack.log", guard=(), extra_env=variables, settings={}, port=suite.port
    )


def run_file(
    suite: Suite, checkout: Path, python: Path, file: str, endpoint_url: str, folder: Path, limit_seconds: float
) -> list[TestResult]:
    """The results of the file's tests; when the time is over, of those that ended. The output is in `folder`."""
    results = folder / "results.jsonl"
    results.unlink(missing_ok=True)
    variables = {
        **isolated_environment(),
        **suite.variables,
        suite.endpoint_variable: endpoint_url,
        "PYTHONPATH": str(PLUGIN),
        "OUTSIDE_SUITE_RESULTS": str(results),
        "OUTSIDE_SUITE_TEST_LIMIT": str(TEST_LIMIT_SECONDS),
        "OUTSIDE_SUITE_EMPTY_QUEUES_AT": endpoint_url if suite.starts_with_no_queue else "",
    }
    arguments = ["-q", "-p", "outside_suite", "-p", "no:cacheprovider", *suite.options, file]
    with (folder / "output.txt").open("ab") as output, suppress(subprocess.TimeoutExpired):
        subprocess.run(
            [python, "-m", "pytest", *arguments],
            cwd=checkout,
            env=variables,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=limit_seconds,
            check=False,  # a failed test is a result
        )
    return _read(results)


def _read(results: Path) -> list[TestResult]:
    if not results.exists():
        return []
    lines = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    return [TestResult(each["test"], each["outcome"], each["text"], tuple(each["markers"])) for each in lines]


def counts(results: Sequence[TestResult]) -> dict[str, int]:
    """How many passed, failed and were skipped."""
    return {outcome: sum(each.outcome == outcome for each in results) for outcome in ("passed", "failed", "skipped")}
