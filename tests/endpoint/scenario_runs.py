"""Runs scenarios of this repository with pytest in a separate process, as from a shell."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIMIT_SECONDS = 300


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "-c", "scenarios/pytest.ini", "--rootdir", "scenarios", *arguments]


def run_scenarios(*arguments: str, env: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(*arguments),
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
