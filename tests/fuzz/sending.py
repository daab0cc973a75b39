"""One pass of schemathesis over an API: a process of its own, and the record of every exchange."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from sim.platform.paths import REPOSITORY
from tests.fuzz.tally import Tally, tally_of

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
ALL_PHASES = "examples,coverage,fuzzing,stateful"
STATEFUL = "stateful"


@dataclass(frozen=True)
class Pass:
    """What is sent: `examples` of each operation and phase at most. The seed decides all random choices."""

    headers: Mapping[str, str]
    examples: int
    seed: int
    phases: str = ALL_PHASES


def send(url: str, plan: Pass, record: Path, within_seconds: float, options: Sequence[str] = ()) -> tuple[bool, Tally]:
    """Send one pass to the API at the URL; its output goes to ours. Returns whether it found nothing, and its counts.

    Raises TimeoutExpired.
    """
    command: list[str | Path] = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", CONFIGURATION, "run", f"{url}/openapi.json"),
        *(part for name, value in plan.headers.items() for part in ("--header", f"{name}: {value}")),
        *("--seed", str(plan.seed), "--max-examples", str(plan.examples), "--phases", plan.phases),
        *("--report-ndjson-path", record, "--generation-database", "none", "--warnings", "off", "--no-color"),
        *options,
    ]
    finished = subprocess.run(command, cwd=REPOSITORY, timeout=within_seconds)
    paths = httpx.get(f"{url}/openapi.json", trust_env=False).json()["paths"]
    with record.open(encoding="utf-8") as lines:
        return finished.returncode == 0, tally_of(lines, paths)
