"""Calls of the AWS CLI."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

__all__ = ["Aws", "AwsError"]


class AwsError(Exception):
    """A call failed; the message is the CLI's error output."""


class Aws:
    """The AWS CLI with an environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {**environment, "AWS_PAGER": ""}

    def run(self, *arguments: str, read_timeout_seconds: int = 60) -> str:
        """Run one command. Returns its standard output without surrounding spaces. Raises AwsError."""
        limits = ["--cli-connect-timeout", "10", "--cli-read-timeout", str(read_timeout_seconds)]
        ended = subprocess.run(
            ["aws", *limits, *arguments],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if ended.returncode != 0:
            raise AwsError(ended.stderr.strip() or f"aws {arguments[0]} exited with {ended.returncode}")
        return ended.stdout.strip()
