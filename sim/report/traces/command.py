"""`rawk-sim trace`: the spans of a run, or of some of its scenarios or recordings, for a trace viewer."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sim.journal.reading import JOURNAL
from sim.report.event_lines import NoSuchSubject
from sim.report.run_record import RunRecord, read_run
from sim.report.traces.otlp import otlp_json
from sim.report.traces.perfetto import perfetto_json
from sim.report.traces.spans import RecordingTrace, traces_of

type Commands = argparse._SubParsersAction[argparse.ArgumentParser]

FORMATS: dict[str, Callable[[Sequence[RecordingTrace]], dict[str, Any]]] = {
    "perfetto": perfetto_json,
    "otlp-json": otlp_json,
}
LATEST = Path(".sim/latest")

ABOUT = (
    "Write the spans of a run, in virtual time, for a trace viewer. Derived from the journal: a recording is a trace "
    "with a span for each request, wait in a queue, attempt, invocation and call of OpenAI."
)
EPILOG = """\
examples:
  tox -e sim -- trace -o run.json                    the newest run; open run.json at https://ui.perfetto.dev
  tox -e sim -- trace short_outage -o outage.json    of the newest run, the scenarios whose name contains short_outage
  tox -e sim -- trace .sim/20261130-163536-25623 --recording e6b6b336
  tox -e sim -- trace --format otlp-json -o run.json
      curl -H 'Content-Type: application/json' --data @run.json http://localhost:4318/v1/traces     into Jaeger
"""


def add_to(commands: Commands) -> None:
    added = commands.add_parser(
        "trace",
        help=ABOUT.partition(". ")[0],
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    added.add_argument(
        "what",
        nargs="?",
        default=str(LATEST),
        metavar="RUN|SCENARIO",
        help="the folder of a run, or a part of the names of scenarios in the newest run (default: %(default)s)",
    )
    added.add_argument("--recording", default="", metavar="ID", help="only recordings whose id begins so")
    added.add_argument("--format", choices=FORMATS, default="perfetto", help="default: %(default)s")
    added.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: the standard output")
    added.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Raises NoJournal, OtherRecordVersion, NoSuchSubject, OSError."""
    traces = chosen(parsed.what, parsed.recording)
    text = json.dumps(FORMATS[parsed.format](traces), ensure_ascii=False)
    if parsed.output is None:
        print(text)
        return 0
    parsed.output.write_text(text + "\n", encoding="utf-8")
    spans = sum(len(trace.spans) for trace in traces)
    print(f"{parsed.output}: {spans} spans of {len(traces)} recordings", file=sys.stderr)
    return 0


def chosen(what: str, recording: str) -> list[RecordingTrace]:
    """Raises NoSuchSubject when nothing is left."""
    is_run = (Path(what) / JOURNAL).exists() or what == str(LATEST)
    record: RunRecord = read_run(Path(what) if is_run else LATEST)
    scenarios = [each for each in record.scenarios if is_run or what in each.name]
    if not scenarios:
        names = "no scenario" if is_run else f"neither a folder with a {JOURNAL} nor a scenario of the newest run"
        raise NoSuchSubject(f"{what} is {names}" if not is_run else f"{what} has {names}")
    traces = [trace for each in scenarios for trace in traces_of(each.name, each.lines)]
    found = [trace for trace in traces if trace.subject.startswith(recording)]
    if not found:
        raise NoSuchSubject(f"no recording has an id that begins with {recording!r}")
    return found
