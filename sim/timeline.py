"""The journal: the one record of a run, a JSON object a line; all reports derive from it.

Every line has `at` (UTC, ISO 8601), `kind` and, inside a scenario, `scenario`. Several processes may write: each
line is one append of its own.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True)
class Journal:
    """`scenario` is put on every line that this journal writes."""

    path: Path
    scenario: str | None = None

    def of(self, scenario: str) -> Self:
        return type(self)(self.path, scenario)

    def write(self, kind: str, **fields: object) -> None:
        line: dict[str, object] = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "kind": kind}
        if self.scenario:
            line["scenario"] = self.scenario
        text = json.dumps({**line, **fields}, default=str) + "\n"
        # One write to a file opened for appending is never torn by another process's.
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, text.encode())
        finally:
            os.close(handle)

    def lines(self) -> Iterator[dict[str, Any]]:
        """Every line so far. A half-written last line, of a run that was killed, is left out."""
        if not self.path.exists():
            return
        with self.path.open(encoding="utf-8") as lines:
            for line in lines:
                if line.endswith("\n"):
                    yield json.loads(line)
