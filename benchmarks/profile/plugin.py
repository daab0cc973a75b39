"""pytest's plugin of a profiled run: every process that the harness starts is sampled, too."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.profile.sampler.sitecustomize import BY_SIGNAL, BY_VARIABLE, LOG_VARIABLE
from sim.platform.processes import ChildProcess

SAMPLER = Path(__file__).with_name("sampler")


FORK_SERVER = "fork-server"


def sampled(name: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process with the sampler in it. Without a log in it, this process's log is its log."""
    path = [str(SAMPLER), *filter(None, [environment.get("PYTHONPATH")])]
    log = environment.get(LOG_VARIABLE) or os.environ[LOG_VARIABLE]
    by = {BY_VARIABLE: BY_SIGNAL} if name.startswith(FORK_SERVER) else {}
    return {**environment, **by, "PYTHONPATH": os.pathsep.join(path), LOG_VARIABLE: log}


def pytest_configure() -> None:
    start = ChildProcess.start

    def start_sampled(self: ChildProcess, *arguments: Any) -> None:
        self._env = sampled(self.name, self._env)
        start(self, *arguments)

    ChildProcess.start = start_sampled  # type: ignore[method-assign]
