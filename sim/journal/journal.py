"""Writes the journal: the record of a run, one JSON object per line, from which all reports are derived.

Every line has `at` (UTC, ISO 8601, real time) and `kind`. A line of a scenario also has `scenario` (pytest's node id)
and, where the virtual time is known, `virtual_at`. Several processes may write at the same time, because each line is
one append. docs/reference/report.md lists all kinds with their keys.
"""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self


class RecordNotWritten(Exception):
    """The journal cannot be written, for example because the disk is full. The message gives the path and the reason.

    Without a record there is no verdict, so the run ends.
    """


@dataclass(frozen=True)
class Journal:
    """`scenario` and, if `offset_seconds` is given, the virtual time are added to every line that this object writes.

    `offset_seconds` returns the seconds by which virtual time is ahead of real time.
    """

    path: Path
    scenario: str | None = None
    offset_seconds: Callable[[], float] | None = None

    def of(self, scenario: str, offset_seconds: Callable[[], float] | None = None) -> Self:
        """The same journal for the lines of one scenario."""
        return type(self)(self.path, scenario, offset_seconds)

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
