"""The journal: the one record of a run, a JSON object a line; all reports derive from it.

Every line has `at` (UTC, ISO 8601, the machine's time), `kind` and, inside a scenario, `scenario`; where the world's
time is known it is `world_at`. Several processes may write: each line is one append of its own.
"""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self


class RecordNotWritten(Exception):
    """The journal can not be written, as on a full disk; the text says where and why. Without a record no verdict."""


@dataclass(frozen=True)
class Journal:
    """`scenario` is put on every line that this journal writes, and the world's time where `offset_seconds` tells it.

    `offset_seconds` says how far the world is ahead of the machine's clock.
    """

    path: Path
    scenario: str | None = None
    offset_seconds: Callable[[], float] | None = None

    def of(self, scenario: str, offset_seconds: Callable[[], float] | None = None) -> Self:
        return type(self)(self.path, scenario, offset_seconds)

    def write(self, kind: str, **fields: object) -> None:
        """Append a line; a field `world_at` stands for itself, as for what is written down after the fact.

        Raises RecordNotWritten.
        """
        now = datetime.now(UTC)
        line: dict[str, object] = {"at": now.isoformat(), "kind": kind}
        if self.offset_seconds is not None:
            line["world_at"] = (now + timedelta(seconds=self.offset_seconds())).isoformat()
        if self.scenario:
            line["scenario"] = self.scenario
        text = json.dumps({**line, **fields}, default=str) + "\n"
        self._append(text.encode())

    def _append(self, line: bytes) -> None:
        # One write to a file opened for appending is never torn by another process's.
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                written = os.write(handle, line)
            finally:
                os.close(handle)
        except OSError as error:
            raise RecordNotWritten(f"{self.path} can not be written: {error.strerror}") from error
        if written < len(line):
            raise RecordNotWritten(f"{self.path} can not be written: the disk is full")

    def say(self, text: str) -> None:
        """What a world says while it comes up."""
        self.write("world", text=text)

    def lines(self) -> Iterator[dict[str, Any]]:
        """Every line so far. A half-written last line, of a run that was killed, is left out."""
        if not self.path.exists():
            return
        with self.path.open(encoding="utf-8") as lines:
            for line in lines:
                if line.endswith("\n"):
                    yield json.loads(line)
