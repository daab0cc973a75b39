"""`sim.operator`: an operator who runs the product's `rawk` command, in a process of its own."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sim.app import APP
from sim.engines.base.product_processes import OPERATOR_LOG, CommandStarter
from sim.journal.journal import Journal

COMMAND_SECONDS = 60
NEW_KEY = re.compile(r"^rawk_\S+", re.MULTILINE)


class OperatorCommandFailed(AssertionError):
    """A `rawk` command exited with another code than 0. The text contains its output."""


class Operator:
    """Runs `rawk` with the operator's own credentials, and sees the dead-letter alarm."""

    def __init__(
        self,
        commands: CommandStarter,
        environment: Callable[[], Mapping[str, str]],
        folder: Path,
        journal: Journal,
        alarm_in_state_alarm: Callable[[], bool],
        pipeline: str,
        tenant_was_erased: Callable[[str], None],
    ) -> None:
        self._commands = commands
        self._environment = environment
        self._folder = folder
        self._journal = journal
        self._alarm_in_state_alarm = alarm_in_state_alarm
        self._pipeline = pipeline
        self._tenant_was_erased = tenant_was_erased
        self.issued_keys: list[str] = []
        """API keys that a command has printed, once."""
        self.passwords: list[str] = []
        """Of the users that it has added."""

    def alarm_is_on(self) -> bool:
        """The dead-letter alarm is in state ALARM."""
        return self._alarm_in_state_alarm()

    def alarm_is_off(self) -> bool:
        """The dead-letter alarm is in any state but ALARM."""
        return not self._alarm_in_state_alarm()

    def rawk(
        self,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        prints_once: re.Pattern[str] | None = None,
    ) -> str:
        """Run `rawk` with the arguments, and more environment variables, and return its output.

        What `prints_once` matches is for the operator's eyes: the log of the command does not keep it.
        Raises OperatorCommandFailed.
        """
        self._journal.write("operator_command_started", command=" ".join(arguments))
        variables = {**self._environment(), **(environment or {})}
        process = self._commands.start([*APP.processes.operator_argv, *arguments], variables, self._folder)
        assert process.stdout is not None
        with process.stdout as output:
            text = output.read().decode()
        with (self._folder / OPERATOR_LOG).open("a", encoding="utf-8") as log:
            kept = prints_once.sub("(printed once)", text) if prints_once else text
            log.write(f"$ rawk {' '.join(arguments)}\n{kept}")
        exit_code = process.wait(COMMAND_SECONDS)
        self._journal.write("operator_command", command=" ".join(arguments), exit_code=exit_code)
        if exit_code != 0:
            raise OperatorCommandFailed(f"rawk {' '.join(arguments)} exited {exit_code}:\n{text}")
        return text

    def add_user(self, name: str, password: str, *tenants: str) -> None:
        """A user who may log in and act for the tenants."""
        asked = [argument for tenant in tenants for argument in ("--tenant", tenant)]
        self.passwords.append(password)
        self.rawk("user", "add", name, *asked, environment={"RAWK_NEW_PASSWORD": password})

    def new_key(self, *tenants: str) -> str:
        """An API key for the tenants, beside those of the configuration."""
        asked = [argument for tenant in tenants for argument in ("--tenant", tenant)]
        (key,) = NEW_KEY.findall(self.rawk("key", "new", *asked, prints_once=NEW_KEY))
        self.issued_keys.append(key)
        return str(key)

    def keys(self) -> list[dict[str, Any]]:
        """What `rawk key list --json` prints for each key; `name` is its id."""
        return [json.loads(line) for line in self.rawk("key", "list", "--json").splitlines() if line.startswith("{")]

    def redrive(self, *only: str) -> str:
        """Send all dead letters back to the jobs queue, or only those with one of the failure reasons."""
        asked = [argument for why in only for argument in ("--only", why)]
        return self.rawk("dlq", "redrive", *asked, *(["--json"] if asked else []))

    def trace(self, an_id: str, *more: str) -> list[dict[str, Any]]:
        """What `rawk trace --json` prints about one recording: from the logs of the functions in CloudWatch Logs, those
        of the API and of operators in files, and the database.
        """
        logs = ("--pipeline", self._pipeline, "--logs", str(self._folder))
        lines = self.rawk("trace", an_id, "--json", *logs, *more).splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def redrive_memory(self, memory_id: str) -> str:
        """Send the dead letter of one recording back to the jobs queue."""
        return self.rawk("dlq", "redrive", "--memory", memory_id)

    def dead_letters(self) -> list[dict[str, Any]]:
        """What `rawk dlq list --json` prints for each dead letter; `why` is its class."""
        return [json.loads(line) for line in self.rawk("dlq", "list", "--json").splitlines() if line.startswith("{")]

    def export_tenant(self, tenant: str, folder: Path) -> list[dict[str, Any]]:
        """Export the tenant to the folder. Returns the lines about its memories."""
        self.rawk("tenant", "export", tenant, "--to", str(folder))
        return [json.loads(line) for line in (folder / "memories.jsonl").read_text(encoding="utf-8").splitlines()]

    def erase_tenant(self, tenant: str) -> str:
        """Remove everything of the tenant."""
        output = self.rawk("tenant", "erase", tenant, "--yes")
        self._tenant_was_erased(tenant)
        return output

    def purge(self, *only: str) -> str:
        """Delete all dead letters, or only those of the given classes."""
        return self.rawk("dlq", "purge", "--yes", *(argument for why in only for argument in ("--only", why)))
