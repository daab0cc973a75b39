"""`rawk trace`: follow one recording through all logs and the database, as one timeline."""

import argparse
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rawk import composition
from rawk.commands.times import FORMATS, moment, time_or_ago
from rawk.domain.errors import RawkError
from rawk.use_cases.trace import Entry, Trace

type Commands = argparse._SubParsersAction[argparse.ArgumentParser]

STANDARD_INPUT = "-"

EPILOG = """\
ID is any of:
  memory id        what a client gets for an upload: the job and the direct upload have the same
  correlation id   X-Correlation-Id of a request, which problem details quote
  message id       of the job in SQS, as `rawk dlq list` prints it
  request id       of one invocation of a function

Columns: time (UTC), seconds since the first line, part, attempt, what happened, how long it took, details.
The attempt is that of processing the memory. `database` lines are read from the tables. No transcript, no title and no
secret is ever printed.

examples:
  rawk trace 5f0c1d9e-7d0c-4a83-9d6c-2f3f3f9f8a55 --pipeline rawk
                                             CloudWatch Logs of the pipeline, and the database of DATABASE_URL
  rawk trace ID --pipeline rawk --since 2h   only the last two hours, which reads and costs less
  rawk trace ID --logs .sim/latest           a run of the simulator
  docker compose logs --no-log-prefix api | rawk trace ID --logs -

exit codes: 0 found; 1 nothing found, or a log or the database could not be read (what was read is printed);
2 the command is invalid.
"""


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "trace",
        help="follow one recording through all logs and the database",
        description="Follow one recording through all logs and the database, as one timeline.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("id", metavar="ID", type=_id, help="memory, correlation, message or request id")
    parser.add_argument(
        "--logs",
        action="append",
        default=[],
        metavar="PATH",
        help="a file, a folder with all folders in it, or - for standard input; may be given several times",
    )
    parser.add_argument("--pipeline", metavar="NAME", help="CloudWatch log groups as Terraform names them: rawk")
    parser.add_argument("--log-group", action="append", default=[], metavar="NAME", help="one more of CloudWatch's")
    parser.add_argument(
        "--since",
        type=time_or_ago,
        metavar="WHEN",
        help=f"{FORMATS} (since the memory was created, if the database has it; else 1d)",
    )
    parser.add_argument("--until", type=time_or_ago, metavar="WHEN", help="as --since (now)")
    parser.add_argument(
        "--max-pages", type=_pages, default=20, metavar="N", help="most pages for each log group and id (20)"
    )
    parser.add_argument("--no-database", action="store_true", help="only logs")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    parser.set_defaults(run=_trace)


def _id(text: str) -> str:
    """UUIDs as the product writes them. Nothing that could be more than a term in a filter pattern."""
    if not re.fullmatch(r"[A-Za-z0-9._:-]{1,128}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no id: letters, digits and ._:- only, 128 at most")
    return text.lower() if re.fullmatch(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", text) else text


def _pages(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 1000")
    return int(text)


def _trace(options: argparse.Namespace) -> None:
    """Raises RawkError when nothing was found, or something could not be read."""
    now = composition.now()
    from_cloudwatch = options.pipeline is not None or options.log_group
    sources = composition.TraceSources(
        log_paths=tuple(Path(each) for each in options.logs if each != STANDARD_INPUT),
        log_stream=sys.stdin.buffer if STANDARD_INPUT in options.logs else None,
        log_groups=tuple(options.log_group),
        pipeline=options.pipeline,
        until=moment(options.until, now),
        max_pages=options.max_pages,
        database=not options.no_database,
    )
    tracing = composition.build_trace(os.environ, sources)
    trace = tracing.trace(options.id, moment(options.since, now), timedelta(days=1) if from_cloudwatch else None)
    for line in _json_lines(trace) if options.json else _lines(trace):
        print(line)
    _warn(trace, database_read=tracing.memories is not None or options.no_database)
    if trace.unreachable:
        raise RawkError("; ".join(dict.fromkeys(f"{each.part} not read: {each}" for each in trace.unreachable)))
    if not trace.entries:
        raise RawkError(f"nothing was found about {options.id}: check the id, or look further back with --since 7d")


def _warn(trace: Trace, *, database_read: bool) -> None:
    for text in trace.cut_short:
        print(f"rawk: {text}: narrow it by --since and --until, or raise --max-pages", file=sys.stderr)
    if not database_read:
        print("rawk: the database is not read: DATABASE_URL is not set", file=sys.stderr)


def _json_lines(trace: Trace) -> Iterable[str]:
    for entry in trace.entries:
        line = {"at": entry.at.isoformat(timespec="milliseconds"), "where": entry.where, "what": entry.what}
        more = {"attempt": entry.attempt, "took_ms": entry.took_ms, **entry.ids, "about": dict(entry.about)}
        yield json.dumps({**line, **{name: value for name, value in more.items() if value is not None}}, default=str)


def _lines(trace: Trace) -> Iterable[str]:
    if not trace.entries:
        return
    began, several = trace.entries[0].at, len(trace.memories) > 1
    for memory_id in trace.memories:
        yield f"memory {memory_id}"
    for entry in trace.entries:
        yield _line(entry, began, several=several)


def _line(entry: Entry, began: datetime, *, several: bool) -> str:
    attempt = "" if entry.attempt is None else f"#{entry.attempt}"
    took = "" if entry.took_ms is None else f"{entry.took_ms:.0f} ms"
    about = {"memory": entry.ids["memory_id"][:8]} if several and "memory_id" in entry.ids else {}
    columns = (
        f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}.{entry.at.microsecond // 1000:03}",
        f"{(entry.at - began).total_seconds():+11.3f}",
        f"{entry.where:8}",
        f"{attempt:3}",
        f"{entry.what:24}",
        f"{took:>9}",
        _details({**about, **entry.about}),
    )
    return "  ".join(columns).rstrip()


def _details(about: Mapping[str, object]) -> str:
    """Logs may come from anywhere: nothing in them moves the terminal's cursor."""
    text = "  ".join(f"{name}={_short(value)}" for name, value in about.items())
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def _short(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    text = str(value)
    return text if " " not in text else f'"{text}"'
