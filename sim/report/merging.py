"""`rawk-sim merge`: one record of the records of a run's shards, each made on its own machine."""

import argparse
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.journal.reading import JOURNAL, NoJournal, read_journal
from sim.report.run_record import RunRecord, run_of
from sim.report.verdicts import EXIT_FAILED, EXIT_INCONCLUSIVE, EXIT_PASSED, FAILED, PASSED, SKIPPED
from sim.report.writing import write_report

type Commands = argparse._SubParsersAction[argparse.ArgumentParser]

MERGED = Path(".sim/merged")
EQUAL = ("version", "engine", "topology", "seed", "commit", "limits")
"""What the shards of one run agree in."""

ABOUT = (
    "Make one record of the records of a run's shards. Each machine ran a part of the scenarios: "
    "`tox -e scenarios -- --seed 7 --shard 1/4`. Exits as the run in one piece would: 0 when all passed, 1 when one "
    "failed, 2 when one is inconclusive or the records are not the shards of one run."
)
EPILOG = """\
example:
  tox -e sim -- merge shards/1 shards/2 shards/3 shards/4      one report in .sim/merged
"""


class NotMergeable(NoJournal):
    """The records are not the shards of one run; the message says which one is wrong, or missing."""


@dataclass(frozen=True)
class Part:
    """The record of one shard."""

    folder: Path
    run: RunRecord

    @property
    def shard(self) -> tuple[int, int]:
        """Number and count; a run without shards is one of one."""
        number, _, count = str(self.run.about.get("shard") or "1/1").partition("/")
        return int(number), int(count)


def add_to(commands: Commands) -> None:
    added = commands.add_parser(
        "merge",
        help=ABOUT.partition(". ")[0],
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    added.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="the folder of a shard's record")
    added.add_argument("-o", "--output", type=Path, default=MERGED, metavar="FOLDER", help="default: %(default)s")
    added.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Write the merged record and its report. Raises NotMergeable, NoJournal, OtherRecordVersion and OSError."""
    parts = [Part(folder, run_of(read_journal(folder))) for folder in parsed.runs]
    _check(parts)
    if parsed.output.exists() and (not parsed.output.is_dir() or any(parsed.output.iterdir())):
        raise NotMergeable(f"{parsed.output} is not an empty folder: remove it, or choose another one by --output")
    parsed.output.mkdir(parents=True, exist_ok=True)
    with (parsed.output / JOURNAL).open("w", encoding="utf-8") as journal:
        journal.writelines(_lines(parts))
    for number, part in enumerate(parts, 1):
        for folder in sorted(each for each in part.folder.iterdir() if each.is_dir()):
            shutil.copytree(folder, parsed.output / f"shard-{number}-{folder.name}")
    print(write_report(parsed.output))
    return _exit_code(parts)


def _check(parts: Sequence[Part]) -> None:
    first, *others = parts
    for each in others:
        for what in EQUAL:
            ours, theirs = first.run.about.get(what), each.run.about.get(what)
            if ours != theirs:
                raise NotMergeable(
                    f"{each.folder} is of another run than {first.folder}: its {what} is {theirs}, not {ours}"
                )
        if each.shard[1] != first.shard[1]:
            both = [f"{part.folder} is shard {'/'.join(map(str, part.shard))}" for part in (first, each)]
            raise NotMergeable(" and ".join(both))
    found: dict[str, Part] = {}
    for part in parts:
        for scenario in part.run.scenarios:
            if (other := found.setdefault(scenario.name, part)) is not part:
                raise NotMergeable(f"{other.folder} and {part.folder} both contain {scenario.name}")
    count = first.shard[1]
    if missing := sorted(set(range(1, count + 1)) - {part.shard[0] for part in parts}):
        names = ", ".join(f"{number}/{count}" for number in missing)
        raise NotMergeable(f"{'a shard is' if len(missing) == 1 else 'shards are'} missing: {names}")


def _lines(parts: Sequence[Part]) -> Iterator[str]:
    """The journal's lines: one start, the events of all shards, and one end if all shards ended."""
    for number, part in enumerate(parts):
        for text in (part.folder / JOURNAL).read_text(encoding="utf-8", errors="replace").splitlines():
            kind, line = _parsed(text)
            if kind == "run_started" and number == 0:
                yield json.dumps({key: value for key, value in line.items() if key != "shard"}) + "\n"
            elif kind not in ("run_started", "run_ended"):
                yield text + "\n"
    if all(part.run.finished for part in parts):
        # The machines worked at the same time.
        seconds = max(part.run.real_seconds for part in parts)
        ends = max(parts, key=lambda part: part.run.real_seconds).run.scenarios
        at = max((line.fields["at"] for scenario in ends for line in scenario.lines), default=None)
        if at is not None:
            yield json.dumps({"at": at, "kind": "run_ended", "real_seconds": round(seconds, 1)}) + "\n"


def _parsed(text: str) -> tuple[str, dict[str, Any]]:
    """The kind of a line and its keys; without a kind if it cannot be parsed."""
    try:
        line = json.loads(text)
    except ValueError:
        return "", {}
    return (str(line.get("kind")), line) if isinstance(line, dict) else ("", {})


def _exit_code(parts: Sequence[Part]) -> int:
    verdicts = {scenario.verdict for part in parts for scenario in part.run.scenarios}
    if FAILED in verdicts:
        return EXIT_FAILED
    return EXIT_INCONCLUSIVE if verdicts - {PASSED, SKIPPED} else EXIT_PASSED
