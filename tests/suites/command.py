"""`tox -e suites -- SUITE CHECKOUT`: an outside suite on the emulator, and beside it on stock LocalStack 4.14."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from math import inf
from pathlib import Path

from sim.localstack.server import LocalStackNotStarted
from tests.suites.page import PAGE, RESULTS, page, read_results
from tests.suites.running import TestResult, counts, emulator, run_file
from tests.suites.suites import SUITES, Suite

EXIT_WORSE = 1
EXIT_BAD_INPUT = 2
FILE_LIMIT_MINUTES = 30.0

EPILOG = f"""\
Nothing is fetched: CHECKOUT is a folder of yours, and its interpreter (--python) has what its tests need. Suites:

{chr(10).join(f"  {each.name:11} {each.checkout}" for each in SUITES.values())}

Exits 1 when a test passes on stock LocalStack and fails on the emulator, for no reason that `suites.py` names, and 2
when no test ran of a file.

examples:
  tox -e suites -- localstack ~/src/localstack
  tox -e suites -- localstack ~/src/localstack --file tests/aws/services/sqs/test_sqs_move_task.py
  tox -e suites -- moto ~/src/moto --python ~/src/moto/.venv/bin/python
  tox -e suites -- any ~/src/evaluation --file tests --ours-only
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a suite; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="tox -e suites --",
        description=f"Run {__doc__.partition(': ')[2]}",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("suite", choices=SUITES, metavar="SUITE", help=f"one of {', '.join(SUITES)}; see below")
    parser.add_argument("checkout", type=Path, metavar="CHECKOUT", help="the folder of the suite's repository")
    parser.add_argument(
        "--file",
        action="append",
        default=[],
        help="this file of the checkout only; can be repeated (default: the files of the suite)",
    )
    parser.add_argument("--python", type=Path, help="the interpreter (default: .venv/bin/python of the checkout)")
    parser.add_argument("--ours-only", action="store_true", help="do not run stock LocalStack beside it")
    parser.add_argument("--write", action="store_true", help=f"write the counts to docs/reference/{PAGE.name}")
    parser.add_argument(
        "--limit-minutes",
        type=_minutes,
        default=FILE_LIMIT_MINUTES,
        metavar="MINUTES",
        help="how long the tests of one file may take (default: %(default)g)",
    )
    parsed = parser.parse_args(arguments)
    suite = SUITES[parsed.suite]
    python = (parsed.python or parsed.checkout / ".venv" / "bin" / "python").absolute()
    files = tuple(parsed.file) or suite.files
    if problem := _problem(parsed.checkout, python, files):
        print(f"suites: {problem}", file=sys.stderr)
        return EXIT_BAD_INPUT
    kinds = ("ours",) if parsed.ours_only else ("ours", "stock")
    try:
        found = {kind: _run(suite, parsed, python, files, kind) for kind in kinds}
    except LocalStackNotStarted as error:
        print(f"suites: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except KeyboardInterrupt:
        print("stopped")
        return EXIT_BAD_INPUT
    if silent := [file for file in files if not all(of_kind[file] for of_kind in found.values())]:
        print(f"suites: no test ran of {', '.join(silent)}: see the output", file=sys.stderr)
        return EXIT_BAD_INPUT
    worse = is_worse(suite, files, found)
    if parsed.write:
        _write(suite, files, found)
    return EXIT_WORSE if worse else 0


def _minutes(text: str) -> float:
    """Raises ArgumentTypeError."""
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes < inf:
        raise argparse.ArgumentTypeError(f"{text} is not a time; it is a number of minutes greater than 0")
    return minutes


def _problem(checkout: Path, python: Path, files: Sequence[str]) -> str:
    if not checkout.is_dir():
        return f"there is no folder {checkout}"
    if not python.exists():
        return f"there is no interpreter {python}: make it, with what the tests need, or name one by --python"
    if not files:
        return "name at least one --file"
    missing = [each for each in files if not (checkout / each.partition("::")[0]).exists()]
    return f"{checkout} has no {', '.join(missing)}" if missing else ""


def _run(
    suite: Suite, parsed: argparse.Namespace, python: Path, files: Sequence[str], kind: str
) -> dict[str, list[TestResult]]:
    """The results by file, each file on an emulator of its own: what one leaves behind is no other one's."""
    found = {}
    for file in files:
        folder = Path(tempfile.mkdtemp(prefix=f"suite-{kind}-"))
        with emulator(suite, folder, stock=kind == "stock") as running:
            found[file] = run_file(
                suite, parsed.checkout, python, file, running.endpoint_url, folder, parsed.limit_minutes * 60
            )
        print(f"{kind:5} {file}: {_in_words(counts(found[file]))}; output: {folder}/output.txt", flush=True)
    return found


def is_worse(suite: Suite, files: Sequence[str], found: dict[str, dict[str, list[TestResult]]]) -> bool:
    """Print every failed test with its reason. Returns whether one without a reason passed on stock LocalStack."""
    worse = False
    for file in files:
        passed = _passed_on_stock(file, found)
        for each in found["ours"][file]:
            if each.outcome == "failed":
                reason = suite.reason(each.test, list(each.markers), passes_on_stock=each.test in passed)
                only_ours = not reason and each.test in passed
                worse = worse or only_ours
                print(f"{'WORSE ' if only_ours else 'failed'} {each.test.partition('::')[2]}: {reason or each.text}")
    return worse


def _passed_on_stock(file: str, found: dict[str, dict[str, list[TestResult]]]) -> set[str]:
    return {each.test for each in found.get("stock", {}).get(file, ()) if each.outcome == "passed"}


def _write(suite: Suite, files: Sequence[str], found: dict[str, dict[str, list[TestResult]]]) -> None:
    results = read_results()
    of_suite = results.setdefault(suite.name, {})
    for file in files:
        failed = [each for each in found["ours"][file] if each.outcome == "failed"]
        passed = _passed_on_stock(file, found)
        of_suite[file] = {
            **{kind: counts(of_kind[file]) for kind, of_kind in found.items()},
            "not here": sorted(
                [
                    each.test.partition("::")[2],
                    suite.reason(each.test, list(each.markers), passes_on_stock=each.test in passed),
                ]
                for each in failed
            ),
        }
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    PAGE.write_text(page(results), encoding="utf-8")
    print(f"written: {PAGE}")


def _in_words(count: dict[str, int]) -> str:
    return ", ".join(f"{number} {outcome}" for outcome, number in count.items())
