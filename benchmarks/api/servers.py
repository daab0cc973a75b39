"""Servers in processes of their own: ours with its bounds, and a bare one."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
IN_MEMORY = "tests.integration.api.server:create_app"
"""The API on in-memory ports, whose audio store keeps digests instead of audio."""
DEPLOYED = "rawk.asgi:create_app"
STARLETTE = "benchmarks.api.peer:create_app"
START_SECONDS = 60

BOUNDED = """
import json, sys
from rawk.server.limits import Limits
from rawk.server.serve import serve
serve(sys.argv[1], host="127.0.0.1", port=0, fd=int(sys.argv[2]), limits=Limits(**json.loads(sys.argv[3])))
"""
BARE = """
import sys, uvicorn
uvicorn.run(sys.argv[1], factory=True, fd=int(sys.argv[2]), http="h11", ws="none", log_config=None, access_log=False)
"""


class Server:
    def __init__(self, port: int, process: psutil.Process) -> None:
        self.port = port
        self.process = process

    @property
    def resident_megabytes(self) -> float:
        return float(self.process.memory_info().rss) / 1e6

    @property
    def connections(self) -> int:
        """How many it keeps open."""
        return sum(each.status == psutil.CONN_ESTABLISHED for each in self.process.net_connections("tcp"))

    def connect(self, address: str = "127.0.0.1") -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), 10, source_address=(address, 0))

    def milliseconds(self, path: str, within_seconds: float, key: str = "") -> float:
        """How long one request takes on a connection of its own, or the whole time where no answer comes."""
        began = time.perf_counter()
        connection = HTTPConnection("127.0.0.1", self.port, timeout=within_seconds, source_address=("127.0.0.200", 0))
        with suppress(OSError):
            connection.request("GET", path, headers={"X-API-Key": key} if key else {})
            answer = connection.getresponse()
            answer.read()
            if answer.status == 200:
                connection.close()
                return (time.perf_counter() - began) * 1000
        connection.close()
        return within_seconds * 1000

    def peak_megabytes(self, act: Callable[[], object]) -> float:
        """How far its memory grows beyond what it has now while something is done."""
        before = peak = self.resident_megabytes
        ended = threading.Event()

        def watch() -> None:
            nonlocal peak
            while not ended.wait(0.01):
                peak = max(peak, self.resident_megabytes)

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            act()
        finally:
            ended.set()
            watching.join()
        return max(peak, self.resident_megabytes) - before


@contextmanager
def running(program: str, application: str, log: Path, environment: Mapping[str, str], *more: str) -> Iterator[Server]:
    """The server, once it answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener, log.open("wb") as output:
        # Accepted connections inherit it. A server that opens its own socket has it from asyncio.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        process = subprocess.Popen(
            [sys.executable, "-c", program, application, str(listener.fileno()), *more],
            pass_fds=[listener.fileno()],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"} | dict(environment),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            server = Server(listener.getsockname()[1], psutil.Process(process.pid))
            if server.milliseconds("/healthz", START_SECONDS) >= START_SECONDS * 1000:
                raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-2000:]}")
            yield server
        finally:
            process.kill()
            process.wait()


def bounded(
    application: str, folder: Path, environment: Mapping[str, str] | None = None, limits: str = "{}"
) -> AbstractContextManager[Server]:
    """Ours; `limits` are those that differ from the defaults, as JSON."""
    return running(BOUNDED, application, folder / "bounded.log", environment or {}, limits)


def bare(application: str, folder: Path) -> AbstractContextManager[Server]:
    return running(BARE, application, folder / "bare.log", {})
