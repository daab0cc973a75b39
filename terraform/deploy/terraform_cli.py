"""Calls of Terraform, in the folder of the configuration."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from terraform.deploy.advice import advice
from terraform.deploy.console import EXIT_INTERRUPTED, Failure
from terraform.deploy.interruption import Interruption

__all__ = ["Change", "Target", "Terraform"]


@dataclass(frozen=True)
class Target:
    """Where the topology is deployed: AWS account and region, and the bucket of the state."""

    topology: str
    name: str
    region: str
    account: str
    bucket: str
    has_api: bool
    environment: dict[str, str] = field(repr=False)
    """Of Terraform and the AWS CLI. Commands add Terraform's variables."""

    @property
    def registry(self) -> str:
        """The account's ECR registry."""
        return f"{self.account}.dkr.ecr.{self.region}.amazonaws.com"


@dataclass(frozen=True)
class Change:
    """One planned change of a resource."""

    actions: tuple[str, ...]
    type: str
    address: str


class Terraform:
    """Terraform with the state of one topology."""

    def __init__(self, folder: Path, target: Target, interruption: Interruption) -> None:
        self._folder, self._target, self._interruption = folder, target, interruption

    def init(self) -> None:
        """Connect to the topology's state. Raises Failure."""
        settings = {
            "bucket": self._target.bucket,
            "key": f"{self._target.name}/{self._target.topology}.tfstate",
            "region": self._target.region,
            "use_lockfile": "true",
            "encrypt": "true",
        }
        options = [f"-backend-config={name}={value}" for name, value in settings.items()]
        self.run("init", "-no-color", "-reconfigure", *options, quiet=True)

    def run(self, *arguments: str, quiet: bool = False) -> None:
        """Run a command; its output goes to this process's. Raises Failure with advice when Terraform fails."""
        with tempfile.TemporaryFile() as errors:
            code = EXIT_INTERRUPTED
            if not self._interruption.requested:
                child = subprocess.Popen(
                    self._command(arguments),
                    env=self._target.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL if quiet else None,
                    stderr=errors,
                    process_group=0,
                )
                code = self._interruption.wait(child)
            errors.seek(0)
            text = errors.read().decode(errors="replace")
        sys.stderr.write(text)
        sys.stderr.flush()
        if code == 0:
            return
        if self._interruption.requested:
            raise Failure(
                "interrupted. Everything done so far is in the state; run the command again to continue, or `plan` to"
                " see what is missing",
                exit_code=EXIT_INTERRUPTED,
            )
        raise Failure(*advice(text, self._target.topology, self._target.bucket))

    def output(self, name: str) -> Any:
        """One of Terraform's outputs; None before the first apply."""
        ended = self._read(["output", "-no-color", "-json", name], stderr=subprocess.DEVNULL)
        return json.loads(ended.stdout) if ended.returncode == 0 and ended.stdout.strip() else None

    def print_outputs(self) -> int:
        """Print all outputs as JSON. Returns Terraform's exit code."""
        command = self._command(["output", "-no-color", "-json"])
        return subprocess.run(command, env=self._target.environment, check=False).returncode

    def changes(self, plan: Path) -> list[Change]:
        """The changes of a plan; resources that are only read are not among them. Raises Failure."""
        ended = self._read(["show", "-json", str(plan)], stderr=None)
        if ended.returncode != 0:
            raise Failure(f"Terraform cannot read the plan {plan}")
        changes = json.loads(ended.stdout).get("resource_changes", [])
        return [
            Change(tuple(each["change"]["actions"]), each["type"], each["address"])
            for each in changes
            if each["change"]["actions"] not in (["no-op"], ["read"])
        ]

    def _read(self, arguments: Sequence[str], stderr: int | None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(arguments),
            env=self._target.environment,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            check=False,
        )

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return ["terraform", f"-chdir={self._folder}", *arguments]
