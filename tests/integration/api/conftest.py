"""A real server process on a real socket."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

ROOT = Path(__file__).parents[3]
TIMEOUT_SECONDS = 30

SERVE = """
import json, sys
from rawk.server.limits import Limits
from rawk.server.serve import serve

application, fd, limits = sys.argv[1:]
serve(application, host="127.0.0.1", port=0, fd=int(fd), limits=Limits(**json.loads(limits)))
"""


@dataclass(frozen=True)
class Server:
    port: int
    process: psutil.Process
    client: httpx2.Client

    def state(self) -> dict[str, Any]:
        return self.client.get("/_test/state").json()

    def eventually(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The server's state once the condition is true; fails the test after TIMEOUT_SECONDS."""
        end = time.monotonic() + TIMEOUT_SECONDS
        while not holds(state := self.state()):
            assert time.monotonic() < end, f"still {state}"
            time.sleep(0.02)
        return state


@contextmanager
def listening_server(
    application: str, environment: Mapping[str, str], log_path: Path, limits: Mapping[str, float] | None = None
) -> Iterator[tuple[int, psutil.Process]]:
    """A process like that of `rawk serve`, and its port. Connections wait in the listener until it is up."""
    with socket.create_server(("127.0.0.1", 0)) as listener, log_path.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, application, str(listener.fileno()), json.dumps(limits or {})],
            pass_fds=[listener.fileno()],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"} | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield listener.getsockname()[1], psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(timeout=TIMEOUT_SECONDS)


@pytest.fixture(scope="session")
def server_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, psutil.Process]]:
    log_path = tmp_path_factory.mktemp("api") / "server.log"
    with listening_server("tests.integration.api.server:create_app", {}, log_path) as running:
        yield running


@pytest.fixture
def server(server_process: tuple[int, psutil.Process]) -> Iterator[Server]:
    port, process = server_process
    headers = {"X-API-Key": "key-of-acme"}
    with httpx2.Client(
        base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=TIMEOUT_SECONDS, trust_env=False
    ) as client:
        yield Server(port, process, client)
