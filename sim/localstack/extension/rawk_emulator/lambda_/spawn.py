"""How a function's process is started: by the fork server where there is one, as a new interpreter elsewhere."""

import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import IO, Protocol

from .fork_client import ForkServerClient

FORK_SERVER_VARIABLE = "SIM_LAMBDA_FORK_SERVER"
"""Names the socket of a fork server that runs under the functions' own interpreter (see fork_server.py)."""


class FunctionProcess(Protocol):
    """The interface of a process, however it was started."""

    @property
    def pid(self) -> int: ...
    @property
    def stdout(self) -> IO[bytes] | None: ...
    def poll(self) -> int | None: ...
    def wait(self) -> int: ...


def start_process(python: Path, script: Path, env: Mapping[str, str], cwd: Path) -> FunctionProcess:
    """Run a script in a process group of its own, with its output and errors in one pipe."""
    if socket_path := os.environ.get(FORK_SERVER_VARIABLE):
        return _fork_server(socket_path).start([str(script)], env, cwd)
    return subprocess.Popen(
        [python, script],
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0,  # a timeout kills the function with everything that it started
    )


@cache
def _fork_server(socket_path: str) -> ForkServerClient:
    return ForkServerClient(socket_path)
