"""Writes the journal: the record of a run, one JSON object per line, from which all reports are derived.

Every line has `at` (UTC, ISO 8601, real time) and `kind`. A line of a scenario also has `scenario` (pytest's node id)
and, where the virtual time is known, `virtual_at`. Several processes may write at the same time, because each line is
one append. docs/reference/report.md lists all kinds with their keys.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, Self


class RecordNotWritten(Exception):
    """The journal cannot be written, for example because the disk is full. The message gives the path and the reason.

    Without a record there is no verdict, so the run ends.
    """


class _Counter:
    """Numbers from 1, for several threads."""

    def __init__(self) -> None:
        self.last = 0
        self._lock = Lock()

    def next(self) -> int:
        with self._lock:
            self.last += 1
            return self.last


@dataclass(frozen=True)
class Journal:
    """`scenario` and, if `offset_seconds` is given, the virtual time are added to every line that this object writes.

    `offset_seconds` returns the seconds by which virtual time is ahead of real time. The lines of a scenario are
    numbered (`seq`), so that a reader notices when one is missing.
    """

    path: Path
    scenario: str | None = None
    offset_seconds: Callable[[], float] | None = None
    begin: int = 0
    """The size of the file in bytes before the first line of the scenario."""
    _numbers: _Counter = field(default_factory=_Counter, compare=False, repr=False)

    def of(self, scenario: str, offset_seconds: Callable[[], float] | None = None) -> Self:
        """The same journal for the lines of one scenario."""
        return type(self)(self.path, scenario, offset_seconds, self.size())

    def write(self, kind: str, **fields: object) -> None:
        """Append one line. A field `virtual_at` replaces the current virtual time, for events that are copied later.

        Raises RecordNotWritten.
        """
        now = datetime.now(UTC)
        line: dict[str, object] = {"at": now.isoformat(), "kind": kind}
        if self.offset_seconds is not None:
            line["virtual_at"] = (now + timedelta(seconds=self.offset_seconds())).isoformat()
        if self.scenario:
            line["scenario"] = self.scenario
            line["seq"] = self._numbers.next()
        text = json.dumps({**line, **fields}, default=str) + "\n"
        self._append(text.encode())

    def _append(self, line: bytes) -> None:
        # A single write to a file in append mode is never interleaved with a write of another process.
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                written = os.write(handle, line)
            finally:
                os.close(handle)
        except OSError as error:
            raise RecordNotWritten(f"{self.path} cannot be written: {error.strerror}") from error
        if written < len(line):
            raise RecordNotWritten(f"{self.path} cannot be written: the disk is full")

    @property
    def count(self) -> int:
        """How many lines this object has written for its scenario."""
        return self._numbers.last

    def size(self) -> int:
        """The size of the file in bytes."""
        return self.path.stat().st_size if self.path.exists() else 0

    def texts_since(self, offset: int, about: Iterable[str]) -> list[str]:
        """The complete lines from a position in the file on that contain one of the texts."""
        wanted = [json.dumps(each)[1:-1].encode() for each in about]
        with self.path.open("rb") as file:
            file.seek(offset)
            lines = file.read().splitlines(keepends=True)
        return [line.decode() for line in lines if line.endswith(b"\n") and any(each in line for each in wanted)]

    def log_world(self, message: str) -> None:
        """Append a progress message of a world, for example while it starts. Raises RecordNotWritten."""
        self.write("world_log", message=message)

    def lines(self) -> Iterator[dict[str, Any]]:
        """Every complete line so far, as written. A killed run may leave an incomplete last line; it is skipped."""
        if not self.path.exists():
            return
        with self.path.open(encoding="utf-8") as lines:
            for line in lines:
                if line.endswith("\n"):
                    yield json.loads(line)
