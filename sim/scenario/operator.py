"""The person with a terminal: runs the product's own `rawk` command, in a process of its own."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sim.app import APP
from sim.engines.base.product_processes import CommandStarter
from sim.journal.journal import Journal

COMMAND_SECONDS = 60


class OperatorCommandFailed(AssertionError):
    """A `rawk` command did not exit with 0; the text holds what it said."""


class Operator:
    def __init__(
        self,
        commands: CommandStarter,
        environment: Callable[[], Mapping[str, str]],
        folder: Path,
        journal: Journal,
        alarm_rings: Callable[[], bool],
    ) -> None:
        self._commands = commands
        self._environment = environment
        self._folder = folder
        self._journal = journal
        self._alarm_rings = alarm_rings

    def is_alarmed(self) -> bool:
        """The alarm on dead letters rings."""
        return self._alarm_rings()

    def is_not_alarmed(self) -> bool:
        return not self._alarm_rings()

    def rawk(self, *arguments: str) -> str:
        """Run `rawk` with the arguments and give what it printed. Raises OperatorCommandFailed."""
        process = self._commands.start([*APP.processes.operator_argv, *arguments], self._environment(), self._folder)
        assert process.stdout is not None
        with process.stdout as output:
            text = output.read().decode()
        exit_code = process.wait(COMMAND_SECONDS)
        self._journal.write("operator_command", command=" ".join(arguments), exit_code=exit_code)
        if exit_code != 0:
            raise OperatorCommandFailed(f"rawk {' '.join(arguments)} exited {exit_code}:\n{text}")
        return text

    def redrive(self, *only: str) -> str:
        """Send all dead letters back, or only those with one of the reasons."""
        return self.rawk("dlq", "redrive", *(argument for why in only for argument in ("--only", why)))

    def dead_letters(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.rawk("dlq", "list", "--json").splitlines()]

    def purge(self, *only: str) -> str:
        return self.rawk("dlq", "purge", "--yes", *(argument for why in only for argument in ("--only", why)))
