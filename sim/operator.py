"""The person with a terminal: runs the product's own `rawk` command, in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.timeline import Journal

COMMAND_SECONDS = 60


class OperatorCommandFailed(AssertionError):
    """A `rawk` command did not exit with 0; the text holds what it said."""


class Operator:
    def __init__(self, environment: Mapping[str, str], folder: Path, journal: Journal) -> None:
        self._environment = dict(environment)
        self._folder = folder
        self._journal = journal

    def rawk(self, *arguments: str) -> str:
        """Run `rawk` with the arguments and give what it printed. Raises OperatorCommandFailed."""
        done = subprocess.run(
            [sys.executable, "-m", "rawk", *arguments],
            env=self._environment,
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        self._journal.write("operator", command=" ".join(arguments), exit_code=done.returncode)
        if done.returncode != 0:
            raise OperatorCommandFailed(f"rawk {' '.join(arguments)} exited {done.returncode}:\n{done.stderr}")
        return done.stdout

    def redrive(self, *only: str) -> str:
        """Send all dead letters back, or only those with one of the reasons."""
        return self.rawk("dlq", "redrive", *(argument for why in only for argument in ("--only", why)))

    def dead_letters(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.rawk("dlq", "list", "--json").splitlines()]

    def purge(self, *only: str) -> str:
        return self.rawk("dlq", "purge", "--yes", *(argument for why in only for argument in ("--only", why)))
