"""`python -m sim export fis STORY`: a story's faults for AWS Fault Injection Service and for the Chaos API."""

import argparse
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.export.shapes import DEFAULT_TOPOLOGY, SHAPES

if TYPE_CHECKING:
    from sim.export.experiment import Experiment
    from sim.export.place import Place
    from sim.export.reading import Variant

EXIT_BAD_INPUT = 2
EXIT_NOTHING = 3
STORIES = Path("scenarios")
HOME = Path(".sim/fis")

ABOUT = "Write an AWS FIS experiment template and Chaos API rules from the faults of a story."

TEACHING = f"""\
STORY is a file, a function or both, as `python -m sim list` prints them; with [VARIANT] one variant of it.
Into the folder go, or into one for each variant where there are several:

  template.json          for `aws fis create-experiment-template --cli-input-json file://template.json`
  chaos.json             rules for our emulator's Chaos API; what is our addition to LocalStack's is told
  chaos.localstack.json  the same in LocalStack's own keys, as far as they go
  README.md              fault by fault: what is done and how it differs, or why not; what to set up before

Only what can be expressed is written. Nothing is called and nothing is broken by this command.

try:
  python -m sim export fis test_twenty_minutes_without_a_database
  python -m sim export fis worker_trouble/test_timed_out.py --topology lambda
  terraform output -json > outputs.json && python -m sim export fis database_down --outputs outputs.json

exit code: 0 something was written, {EXIT_BAD_INPUT} bad input, {EXIT_NOTHING} nothing of it can be expressed
More: docs/fis.md
"""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    added = commands.add_parser("export", help="write a story's faults for AWS FIS and LocalStack's Chaos API")
    kinds = added.add_subparsers(title="what for", metavar="KIND", required=True)
    fis = kinds.add_parser(
        "fis",
        help=ABOUT.rstrip("."),
        description=ABOUT,
        epilog=TEACHING,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    fis.add_argument("story", metavar="STORY", help="such as worker_trouble/test_timed_out.py")
    fis.add_argument("--out", type=Path, metavar="FOLDER", help=f"where to write (default: {HOME}/STORY)")
    fis.add_argument("--outputs", type=Path, metavar="FILE", help="what `terraform output -json` prints")
    fis.add_argument("--topology", choices=sorted(SHAPES), help=f"without outputs (default: {DEFAULT_TOPOLOGY})")
    fis.add_argument("--name", type=_name, help="of the pipeline, without outputs (default: rawk)")
    fis.add_argument("--account", type=_account, help="twelve digits, without outputs (default: a word to replace)")
    fis.add_argument("--region", type=_region, help="without outputs (default: a word to replace)")
    fis.add_argument("--vpc-endpoints", action="store_true", help="SQS is reached inside the network (vpc_endpoints)")
    fis.add_argument("--role-arn", type=_arn, metavar="ARN", help="the experiment's role (default: NAME-fis)")
    fis.add_argument(
        "--stop-alarm",
        type=_arn,
        action="append",
        metavar="ARN",
        help="ends it early (default: the pipeline's own)",
    )
    fis.add_argument("--seed", type=int, default=0, help="of the story's chances (default: %(default)s)")
    fis.add_argument("--stories", type=Path, default=STORIES, help="the folder they are in (default: %(default)s)")
    fis.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Write the files, say what is in them; gives the exit code."""
    # Imported when asked for: faults bring the whole world along.
    from sim.export.expressions import NotTold
    from sim.export.finding import UnknownStory
    from sim.export.place import UnusableOutputs
    from sim.export.template import BadTemplate
    from sim.provision.errors import ProvisionError
    from sim.report.stories import UnreadableStory

    try:
        return _export(parsed)
    except (UnknownStory, UnreadableStory, UnusableOutputs, BadTemplate, ProvisionError, NotTold, OSError) as error:
        print(f"sim export: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT


def _export(parsed: argparse.Namespace) -> int:
    from sim.export.experiment import experiment
    from sim.export.finding import UnknownStory, find
    from sim.export.reading import expects_dead_letters, variants
    from sim.export.telling import lines
    from sim.export.template import Story

    place, found = _place(parsed), find(parsed.story, parsed.stories)
    told = Story(found.story.path, found.story.function, "", found.story.claim, expects_dead_letters(found.function))
    read = variants(found.module, found.function, place, parsed.seed)
    wanted = [each for each in read if found.variant in ("", each.id)]
    if not wanted:
        raise UnknownStory(f"{told.function} has no variant {found.variant!r}; it has {_named(read)}")
    if not any(each.faults for each in wanted):
        print(f"sim export: {told.function} switches no fault on, so there is nothing to export", file=sys.stderr)
        return EXIT_NOTHING
    home, written = parsed.out or HOME / told.function, False
    for each in wanted:
        made = experiment(
            replace(told, variant=each.id), each, place, role_arn=parsed.role_arn, stop_alarms=parsed.stop_alarm
        )
        print("\n".join(lines(made)))
        written |= _write(made, home / _slug(each.id) if len(wanted) > 1 else home)
    if not written:
        print("sim export: nothing of this can be expressed, nothing was written", file=sys.stderr)
    return 0 if written else EXIT_NOTHING


def _write(made: "Experiment", folder: Path) -> bool:
    """The files of one experiment, and none that an earlier export left and this one has no use for."""
    from sim.export.telling import CHAOS, CHAOS_PUBLISHED, README, TEMPLATE, readme

    contents: Mapping[str, str | None] = {
        TEMPLATE: _json(made.template),
        CHAOS: _json(made.rules),
        CHAOS_PUBLISHED: _json(made.published_rules),
        README: readme(made) if made.says_something else None,
    }
    for name, text in contents.items():
        if text is None:
            (folder / name).unlink(missing_ok=True)
            continue
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    if made.says_something:
        print(f"  written: {folder}: {', '.join(name for name, text in contents.items() if text)}\n")
    return made.says_something


def _place(parsed: argparse.Namespace) -> "Place":
    from sim.export.place import UnusableOutputs, place_by_name, place_from_outputs

    if parsed.outputs is None:
        known = {key: value for key in ("account", "region") if (value := getattr(parsed, key))}
        topology = parsed.topology or DEFAULT_TOPOLOGY
        return place_by_name(parsed.name or "rawk", topology, vpc_endpoints=parsed.vpc_endpoints, **known)
    if said := [f"--{each}" for each in ("topology", "name", "account", "region") if getattr(parsed, each)]:
        raise UnusableOutputs(f"{' and '.join(said)} and --outputs: the outputs say it already, leave one of them out")
    return place_from_outputs(parsed.outputs, vpc_endpoints=parsed.vpc_endpoints)


def _json(value: Any) -> str | None:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n" if value else None


def _named(variants: "list[Variant]") -> str:
    return ", ".join(each.id for each in variants if each.id) or "none"


def _slug(variant: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", variant)


def _matching(pattern: str, what: str) -> Any:
    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise argparse.ArgumentTypeError(f"{text!r} is no {what}")
        return text

    return read


_account = _matching(r"\d{12}", "account: one has twelve digits")
_region = _matching(r"[a-z]{2}(-[a-z]+)+-\d", "region such as eu-central-1")
_arn = _matching(r"arn:[^:\s]+:[^:\s]+:[^:\s]*:[^:\s]*:\S+", "ARN")
_name = _matching(r"[a-z][a-z0-9-]{0,31}", "name of a pipeline: small letters, digits and hyphens, 32 at most")
