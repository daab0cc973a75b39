"""Crashes of the product: exceptions that it does not foresee, as its logs and its commands' output show them.

The product raises some errors on purpose (`App.foreseen_errors`): a database that is down, a recording that is not
audio. Every other exception that reaches a log with its traceback is a bug of the product, so the scenario *failed*.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sim.app import APP

PRODUCT_FILE = re.compile(
    rf"(?:src|packages/[0-9a-f]+/code|/var/task|site-packages)/({APP.processes.package}/[\w/]+\.py)"
)
"""The product's files: in a checkout, in a function's package (LocalStack's folder or Lambda's), in an image."""

FRAMES = r"Traceback \(most recent call last\):\n((?:[ \t]+[^\n]*\n?)+)"
LAMBDA_ERROR = re.compile(r"\[ERROR\] ([\w.]+)(?:: ([^\n]*))?\n" + FRAMES)
"""What AWS's runtime client writes when a handler raises: the error first, then its traceback."""
TRACEBACK = re.compile(FRAMES + r"([A-Za-z_][\w.]*)(?:: ([^\n]*))?")
FRAME = re.compile(r'File "([^"]+)", line (\d+)')
MOST_STACK_LINES = 30


class ProductCrashed(AssertionError):
    """The product raised an exception that it does not foresee; the text says which, where, and in which process."""


@dataclass(frozen=True)
class Crash:
    """`place` is file and line of the innermost frame in the product, `process` the name of the log."""

    error: str
    place: str
    process: str
    stack: tuple[str, ...]

    def __str__(self) -> str:
        return f"the product crashed: {self.error} at {self.place} ({self.process})"

    @property
    def with_stack(self) -> str:
        return "\n".join([str(self), "", *(f"  {line}" for line in self.stack[-MOST_STACK_LINES:])])


def crashes_in_text(text: str, process: str) -> Iterator[Crash]:
    """The crashes in a log or in the output of a command."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")  # the runtime client writes \r inside one record
    for line in lines.splitlines():
        if '"stack": [' in line and (crash := _from_json_line(line, process)):
            yield crash
    for found in LAMBDA_ERROR.finditer(lines):
        kind, message, frames = found.groups()
        yield from _from_traceback(kind, message, frames, process)
    for found in TRACEBACK.finditer(lines):
        frames, kind, message = found.groups()
        if not lines[: found.start()].rpartition("\n")[0].rpartition("\n")[2].startswith("[ERROR]"):
            yield from _from_traceback(kind, message, frames, process)


def crashes_in_logs(folders: Iterable[Path]) -> Iterator[Crash]:
    """The crashes in the log files of the folders."""
    for folder in folders:
        for log in sorted(folder.glob("*.log")):
            try:
                text = log.read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            yield from crashes_in_text(text, log.stem)


def _from_json_line(line: str, process: str) -> Crash | None:
    """A line of the product's own log (`rawk.log`): frames as `FILE:LINE NAME`, then the type of the error."""
    try:
        record = json.loads(line[line.index("{") :])
        stack, kind, event = list(map(str, record["stack"])), str(record["exception"]), str(record["event"])
    except (ValueError, KeyError, TypeError):
        return None
    places = [f"{found[1]}:{entry.partition(':')[2].split(' ')[0]}" for entry in stack if (found := _file_of(entry))]
    if kind in APP.foreseen_errors or not places:
        return None
    return Crash(stack[-1], places[-1], f"{process}, {event}", tuple(stack))


def _from_traceback(kind: str, message: str | None, frames: str, process: str) -> Iterator[Crash]:
    places = [f"{found[1]}:{line}" for file, line in FRAME.findall(frames) if (found := _file_of(file))]
    if places and kind.rpartition(".")[2] not in APP.foreseen_errors:
        error = f"{kind}: {message}" if message else kind
        yield Crash(error, places[-1], process, (*frames.rstrip().splitlines(), error))


def _file_of(text: str) -> re.Match[str] | None:
    return PRODUCT_FILE.search(text)
