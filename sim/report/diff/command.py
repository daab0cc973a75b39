"""`rawk-sim diff`: what differs in the behaviour of two runs."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from sim.report.diff.changes import Difference, difference
from sim.report.diff.rendering import markdown_of, text_of
from sim.report.diff.summaries import read_summary

type Commands = argparse._SubParsersAction[argparse.ArgumentParser]

LATEST = Path(".sim/latest")
EXIT_SAME, EXIT_DIFFERENT = 0, 1

ABOUT = (
    "Say what differs in the behaviour of two runs. Verdicts, outcomes, receives, OpenAI calls, bills, faults, "
    "permissions and limits of each scenario are compared; timing is shown, but is not a difference. "
    "Exits with 0 if the behaviour is the same, 1 if it differs, 2 if a run cannot be read."
)
EPILOG = """\
Run both with the same seed: another seed draws other recordings, and they cost other amounts.

examples:
  tox -e scenarios -- --seed 7                    on the base branch; then keep .sim/latest/summary.json as base.json
  tox -e scenarios -- --seed 7                    with the change
  tox -e sim -- diff base.json                    the newest run compared with it
  tox -e sim -- diff .sim/20261130-1 .sim/20261130-2
  tox -e sim -- diff base.json --format markdown -o comment.md      the comment on a pull request
"""


def _json(found: Difference) -> str:
    return json.dumps(found.as_json(), indent=2, ensure_ascii=False) + "\n"


def _text(found: Difference) -> str:
    return text_of(found) + "\n"


FORMATS: dict[str, Callable[[Difference], str]] = {"text": _text, "markdown": markdown_of, "json": _json}


def add_to(commands: Commands) -> None:
    added = commands.add_parser(
        "diff",
        help=ABOUT.partition(". ")[0],
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    added.add_argument("before", type=Path, metavar="BEFORE", help="the folder of a run, or its summary.json")
    added.add_argument("after", type=Path, nargs="?", default=LATEST, metavar="AFTER", help="default: %(default)s")
    added.add_argument("--format", choices=FORMATS, default="text", help="default: %(default)s")
    added.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: the standard output")
    added.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Print or write the difference. Raises NoJournal and OSError."""
    found = difference(read_summary(parsed.before), read_summary(parsed.after))
    rendered = FORMATS[parsed.format](found)
    if parsed.output is None:
        print(rendered, end="")
    else:
        parsed.output.write_text(rendered, encoding="utf-8")
        print(parsed.output)
    return EXIT_SAME if found.is_empty else EXIT_DIFFERENT
