"""docs/reference/suites.md, generated from the counts of the last runs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.suites.suites import SUITES

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).with_name("results.json")
PAGE = ROOT / "docs" / "reference" / "suites.md"

INTRODUCTION = """\
# Suites that nobody here wrote

`tox -e suites -- SUITE CHECKOUT` runs another project's tests of AWS on the emulator and, in the same run, on stock
LocalStack 4.14, and writes this page (`--write`). Both run on this machine without Docker. Stock LocalStack gets our
way of running functions as processes, because it runs none without Docker, and our reading of JSON paths, because a
package for them is not installed. Nothing is fetched and nothing is copied: CHECKOUT is a clone of yours.

Each failure has a reason. That this machine lacks something, as Docker, is none for a test that passes on stock
LocalStack: the run then exits 1.

Of LocalStack's suite most answers are compared with snapshots that were recorded on AWS.
"""


def read_results() -> dict[str, Any]:
    """Suite → file → the counts of `ours` and `stock`, and the tests that failed, each with its reason."""
    if not RESULTS.exists():
        return {}
    found: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


def page(results: dict[str, Any]) -> str:
    """The text of the page."""
    return "\n".join([INTRODUCTION, *_tables(results)])


def _tables(results: dict[str, Any]) -> Iterator[str]:
    for name, suite in SUITES.items():
        if not (of_suite := results.get(name)):
            continue
        yield f"## {suite.name}\n\n{suite.checkout}\n"
        yield "| file | emulator: passed | failed | skipped | stock: passed | failed | skipped |"
        yield "|---|---:|---:|---:|---:|---:|---:|"
        for file in sorted(of_suite):
            cells = [_counts(of_suite[file].get(kind)) for kind in ("ours", "stock")]
            yield f"| `{file.removeprefix('tests/')}` | {' | '.join(cells)} |"
        yield ""
        yield from _failures(of_suite)


def _failures(of_suite: dict[str, Any]) -> Iterator[str]:
    by_reason: dict[str, list[str]] = {}
    for file in sorted(of_suite):
        for test, reason in of_suite[file]["not here"]:
            by_reason.setdefault(reason or "open", []).append(f"`{test}`")
    if by_reason:
        yield "| why a test fails on the emulator | tests |"
        yield "|---|---|"
        for reason, tests in sorted(by_reason.items()):
            yield f"| {reason} | {', '.join(tests)} |"
        yield ""


def _counts(count: dict[str, int] | None) -> str:
    return " | ".join(str(count[each]) if count else "–" for each in ("passed", "failed", "skipped"))
