"""`rawk-sim`, also `python -m sim`: commands about runs and scenarios; the scenarios themselves run under pytest."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sim.cloud import command as cloud
from sim.demo import command as demo
from sim.explorer.arguments import add_arguments as add_explore_arguments
from sim.journal.reading import NoJournal
from sim.journal.version import OtherRecordVersion
from sim.localstack import command as emulator
from sim.localstack import conformance_command as conformance
from sim.openai_simulator.arguments import EPILOG as OPENAI_EPILOG
from sim.openai_simulator.arguments import add_arguments as add_openai_arguments
from sim.platform.machine import UnsupportedPlatform, require_supported_platform
from sim.provisioning.errors import ProvisionError
from sim.report import incidents, merging
from sim.report.diff import command as diff
from sim.report.event_lines import NoSuchSubject, all_events
from sim.report.permissions import permissions_of, problems_of
from sim.report.run_record import read_run
from sim.report.scenario_index import INDEX, UnreadableScenario, index, index_problems, scenarios
from sim.report.traces import command as traces
from sim.report.writing import write_report
from sim.smoke import command as smoke

LATEST = Path(".sim/latest")
SCENARIOS = Path("scenarios")
REFERENCE = Path("docs/reference")
TERRAFORM = Path("terraform")
STARTS_SERVICES = ("cloud", "conformance", "demo", "emulator")
EXIT_STALE = 1
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 2
BAD_INPUT = (
    UnsupportedPlatform,
    NoJournal,
    OtherRecordVersion,
    NoSuchSubject,
    UnreadableScenario,
    ProvisionError,
    OSError,
)

type Commands = argparse._SubParsersAction[argparse.ArgumentParser]

EPILOG = """\
`tox -e scenarios` runs the scenarios. Each run writes a folder `.sim/<run>`, and `.sim/latest` is a link to the newest
one. Its files are derived from its journal, journal.jsonl:

  report.html    claims, verdicts and a timeline of every scenario; opens offline
  summary.md     for the page of a CI job        summary.json   for programs
  journal.jsonl  one JSON object per line: every request, message, invocation, fault

examples:
  tox -e sim -- list                           titles and claims of all scenarios
  tox -e sim -- report .sim/latest             write the report again
  tox -e sim -- events .sim/latest 3f2a        all events of the memory whose id begins with 3f2a
  tox -e sim -- diff base.json                 what behaves differently than in another run
  tox -e sim -- trace -o run.json              spans in virtual time, for Perfetto or Jaeger
  tox -e sim -- roles .sim/latest              permissions: granted and used, after a run of all scenarios
  tox -e sim -- explore                        thousands of seeded worlds on the use cases
  tox -e sim -- demo                           the pipeline in a browser, live (the same as tox -e demo)
  tox -e sim -- emulator                       LocalStack with our extension, for any project
  tox -e sim -- conformance                    the emulator compared with AWS's documentation, call by call
  tox -e sim -- cloud                          LocalStack and moto, for the whole Terraform configuration
  tox -e sim -- openai                         the OpenAI simulator, for any client
  tox -e sim -- smoke --url https://HOST       one recording through a deployed pipeline
"""


def main(arguments: Sequence[str] | None = None) -> int:
    try:
        parsed = parser().parse_args(arguments)
        if parsed.command in STARTS_SERVICES:
            require_supported_platform()
        return int(parsed.run(parsed))
    except BAD_INPUT as error:
        print(f"sim: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except KeyboardInterrupt:  # commands that have something to print of the work until then handle it themselves
        print("sim: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED


def parser() -> argparse.ArgumentParser:
    """The parser of all commands. Each command adds its arguments and the function that runs it."""
    top = argparse.ArgumentParser(
        prog="tox -e sim --",
        description="Reports of runs, the index of the scenarios, the explorer, and the emulators without scenarios.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    own = (add_explore, add_report, add_list, add_reference, add_events, add_roles, add_openai)
    of_runs = (diff.add_to, incidents.add_to, merging.add_to, traces.add_to)
    for add in (*own, *of_runs, demo.add_to, emulator.add_to, conformance.add_to, smoke.add_to, cloud.add_to):
        add(commands)
    return top


def command(
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace], int],
    about: str,
) -> argparse.ArgumentParser:
    """Add one command; the first sentence of `about` is its line in the list of commands."""
    added = commands.add_parser(name, help=about.partition(". ")[0], description=about)
    added.set_defaults(run=run)
    return added


def add_explore(commands: Commands) -> None:
    about = (
        "Run thousands of seeded worlds on the product's use cases. In each world any call of clients, workers, relay "
        "and operator can fail. A violated invariant is shrunk to a short counterexample. See docs/how-to/explore.md."
    )
    add_explore_arguments(command(commands, "explore", run_explore, about))


def run_explore(parsed: argparse.Namespace) -> int:
    # Imported here because it imports the product's use cases, which no other command needs.
    from sim.explorer.command import run

    return run(parsed)


def add_report(commands: Commands) -> None:
    about = "Write report.html, summary.md and summary.json again, from a run's journal. Works for a killed run, too."
    added = command(commands, "report", run_report, about)
    added.add_argument(
        "run_folder", type=Path, nargs="?", default=LATEST, help="the folder of a run (default: %(default)s)"
    )


def add_openai(commands: Commands) -> None:
    about = (
        "Run the OpenAI simulator by itself, until Ctrl-C. It transcribes the recordings in sim/recordings/audio, and "
        "prints the address and the key for OpenAI's SDK."
    )
    added = command(commands, "openai", run_openai, about)
    added.epilog = OPENAI_EPILOG
    add_openai_arguments(added)


def run_openai(parsed: argparse.Namespace) -> int:
    # Imported here because it imports an HTTP server, which no other command needs.
    from sim.openai_simulator.__main__ import for_users, serve

    return serve(parsed, for_users)


def run_report(parsed: argparse.Namespace) -> int:
    print(write_report(parsed.run_folder))
    return 0


def add_list(commands: Commands) -> None:
    about = "List the title and the claim of every scenario. --write and --check are for the page scenarios/README.md."
    added = command(commands, "list", run_list, about)
    added.add_argument(
        "--scenarios", type=Path, default=SCENARIOS, help="the folder of the scenarios (default: %(default)s)"
    )
    what = added.add_mutually_exclusive_group()
    what.add_argument("--write", action="store_true", help=f"write {INDEX} into the folder of the scenarios")
    what.add_argument("--check", action="store_true", help=f"exit 1 if {INDEX} is stale or two scenarios share a claim")


def run_list(parsed: argparse.Namespace) -> int:
    page, found = parsed.scenarios / INDEX, scenarios(parsed.scenarios)
    if not found:
        raise OSError(
            f"there is no scenario under {parsed.scenarios}: run this command in the root folder of the repository"
        )
    if parsed.check:
        if problems := index_problems(parsed.scenarios):
            print("\n".join(problems), file=sys.stderr)
            return EXIT_STALE
    elif parsed.write:
        page.write_text(index(found), encoding="utf-8")
        print(page)
    else:
        for scenario in found:
            print(f"{scenario.title}\n    {scenario.claim}\n    {scenario.name}")
        print(f"\n{len(found)} scenarios")
    return 0


def add_reference(commands: Commands) -> None:
    about = (
        "Write or check the reference pages, from the code itself: the scenario API, every fault, and the tables in "
        "the READMEs of Terraform's modules."
    )
    added = command(commands, "reference", run_reference, about)
    added.add_argument("--folder", type=Path, default=REFERENCE, help="the folder of the pages (default: %(default)s)")
    added.add_argument(
        "--terraform", type=Path, default=TERRAFORM, help="the folder of the modules (default: %(default)s)"
    )
    what = added.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true", help="write the pages")
    what.add_argument("--check", action="store_true", help="exit with 1 if a page differs from what the code says")


def run_reference(parsed: argparse.Namespace) -> int:
    # Imported on use: no other command needs every fault and its signature.
    from sim.cli import reference
    from sim.provisioning import module_pages

    if not parsed.folder.is_dir():
        raise OSError(f"there is no folder {parsed.folder}: run this at the top of the repository")
    if parsed.write:
        print(*reference.write(parsed.folder), *module_pages.write(parsed.terraform), sep="\n")
        return 0
    for page in (stale := reference.stale(parsed.folder) + module_pages.stale(parsed.terraform)):
        print(f"{page} differs from the code: run `{reference.COMMAND}`", file=sys.stderr)
    return EXIT_STALE if stale else 0


def add_events(commands: Commands) -> None:
    about = "List all events of one memory or message. One per line, with the virtual time since its scenario started."
    added = command(commands, "events", run_events, about)
    added.add_argument("run_folder", type=Path, help="the folder of a run, for example .sim/latest")
    added.add_argument("id", help="the first characters of its id")


def run_events(parsed: argparse.Namespace) -> int:
    print("\n".join(all_events(read_run(parsed.run_folder), parsed.id)))
    return 0


def add_roles(commands: Commands) -> None:
    about = (
        "Compare the permissions that the roles have with those that a run used. Exits 1 if they differ. Needs a run "
        "of all scenarios."
    )
    added = command(commands, "roles", run_roles, about)
    added.add_argument(
        "run_folder", type=Path, nargs="?", default=LATEST, help="the folder of a run (default: %(default)s)"
    )
    added.add_argument("--all", action="store_true", help="list the used permissions, too, with the number of calls")


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
