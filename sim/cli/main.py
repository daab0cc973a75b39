"""`python -m sim`: what one does with runs and scenarios, beside running them."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sim.cloud import command as cloud
from sim.explorer.arguments import add_arguments as add_explore_arguments
from sim.journal.reading import NoJournal
from sim.journal.version import OtherRecordVersion
from sim.localstack import command as emulator
from sim.report.event_lines import NoSuchSubject, all_events
from sim.report.permissions import permissions_of, problems_of
from sim.report.run_record import read_run
from sim.report.scenario_index import INDEX, UnreadableScenario, index, is_stale, scenarios
from sim.report.writing import write_report
from sim.smoke import command as smoke

LATEST = Path(".sim/latest")
SCENARIOS = Path("scenarios")
EXIT_STALE = 1
EXIT_BAD_INPUT = 2

type Commands = argparse._SubParsersAction[argparse.ArgumentParser]

TEACHING = """\
The scenarios run by `tox -e scenarios` (or `pytest scenarios`). Each run leaves a folder `.sim/<run>`, and
`.sim/latest`
points to the newest. Everything in it is made from its journal, journal.jsonl:

  report.html    claims, verdicts and a timeline of every scenario; opens offline
  summary.md     for the page of a CI job        summary.json   for programs
  journal.jsonl  one JSON object a line: every call, message, invocation, fault

try:
  python -m sim list                           what is claimed
  python -m sim report .sim/latest             make the report anew
  python -m sim emulator                       LocalStack with our extension, for any project
  python -m sim cloud                          LocalStack and moto, for the whole Terraform configuration
  python -m sim roles .sim/latest              what roles may against what they did, after a run of all scenarios
  python -m sim smoke --url https://HOST       is what was deployed in order?
  python -m sim events .sim/latest 3f2a        all that happened to the memory whose id begins so
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parsed = parser().parse_args(arguments)
    try:
        return int(parsed.run(parsed))
    except (NoJournal, OtherRecordVersion, NoSuchSubject, UnreadableScenario, OSError) as error:
        print(f"sim: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT


def parser() -> argparse.ArgumentParser:
    """All commands; each adds its own arguments and the function that runs it."""
    top = argparse.ArgumentParser(
        prog="python -m sim",
        description="Reports of simulated runs, the index of the scenarios, and the emulators by themselves.",
        epilog=TEACHING,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    own = (add_explore, add_report, add_list, add_events, add_roles)
    for add in (*own, emulator.add_to, smoke.add_to, cloud.add_to):
        add(commands)
    return top


def command(
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace], int],
    about: str,
) -> argparse.ArgumentParser:
    """Add one command; `about` says what it does, its first line in the list of commands."""
    added = commands.add_parser(name, help=about.partition(". ")[0], description=about)
    added.set_defaults(run=run)
    return added


def add_explore(commands: Commands) -> None:
    about = (
        "Play thousands of seeded worlds against the product's use cases. In each people, workers, relay and operator "
        "meet trouble at any call; a broken promise is shrunk and told as a scenario. See docs/how-to/explore.md."
    )
    add_explore_arguments(command(commands, "explore", run_explore, about))


def run_explore(parsed: argparse.Namespace) -> int:
    # Imported when asked for: it brings the product's use cases along, which no other command needs.
    from sim.explorer.command import run

    return run(parsed)


def add_report(commands: Commands) -> None:
    about = "Make report.html, summary.md and summary.json anew from a run's journal. A killed run has a report too."
    added = command(commands, "report", run_report, about)
    added.add_argument("run_folder", type=Path, nargs="?", default=LATEST, help="such as .sim/latest, the default")


def run_report(parsed: argparse.Namespace) -> int:
    print(write_report(parsed.run_folder))
    return 0


def add_list(commands: Commands) -> None:
    about = "List what every scenario claims. With --write or --check also the page scenarios/README.md."
    added = command(commands, "list", run_list, about)
    added.add_argument(
        "--scenarios", type=Path, default=SCENARIOS, help="the folder they are in (default: %(default)s)"
    )
    what = added.add_mutually_exclusive_group()
    what.add_argument("--write", action="store_true", help=f"write {INDEX} beside the scenarios")
    what.add_argument("--check", action="store_true", help=f"say whether {INDEX} is as --write would write it")


def run_list(parsed: argparse.Namespace) -> int:
    page, told = parsed.scenarios / INDEX, scenarios(parsed.scenarios)
    if not told:
        raise OSError(f"there is no scenario under {parsed.scenarios}: run this at the top of the repository")
    if parsed.check:
        if is_stale(parsed.scenarios):
            print(f"{page} is not what the scenarios claim: run `python -m sim list --write`", file=sys.stderr)
            return EXIT_STALE
    elif parsed.write:
        page.write_text(index(told), encoding="utf-8")
        print(page)
    else:
        for scenario in told:
            print(f"{scenario.path}::{scenario.function}\n    {scenario.claim}")
        print(f"\n{len(told)} scenarios")
    return 0


def add_events(commands: Commands) -> None:
    about = "Tell all that happened to one memory or message. A line each, in the time of its world."
    added = command(commands, "events", run_events, about)
    added.add_argument("run_folder", type=Path, help="such as .sim/latest")
    added.add_argument("id", help="the beginning of its id")


def run_events(parsed: argparse.Namespace) -> int:
    print("\n".join(all_events(read_run(parsed.run_folder), parsed.id)))
    return 0


def add_roles(commands: Commands) -> None:
    about = (
        "Compare what the roles may do with what a run used. Exits 1 when they differ. Needs a run of all scenarios."
    )
    added = command(commands, "roles", run_roles, about)
    added.add_argument("run_folder", type=Path, nargs="?", default=LATEST, help="such as .sim/latest, the default")
    added.add_argument("--all", action="store_true", help="list also what is used, and how often")


def run_roles(parsed: argparse.Namespace) -> int:
    permissions = permissions_of(read_run(parsed.run_folder))
    if not permissions.used:
        raise NoJournal(
            f"{parsed.run_folder} contains no permissions: its engine does not enforce IAM, or the run ended too early"
        )
    if parsed.all:
        for each, times in sorted(permissions.used.items()):
            reason = permissions.known_unused.get(each)
            print(f"{times:7}  {each}" + (f"  (unused: {reason})" if reason else ""))
    problems = list(problems_of(permissions))
    print("\n".join(problems) or "every granted permission is used, and IAM denied no call unexpectedly")
    return EXIT_STALE if problems else 0
