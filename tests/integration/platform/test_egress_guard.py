"""The egress guard: a guarded process cannot leave the machine, and says so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.localstack.server import EGRESS_GUARD


def guarded(source: str, log: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(EGRESS_GUARD), "SIM_EGRESS_LOG": str(log)}
    return subprocess.run(
        [sys.executable, "-c", source], env=environment, capture_output=True, text=True, timeout=30, check=False
    )


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.create_connection(('192.0.2.1', 443), timeout=1)",
        "import socket; socket.create_connection(('api.openai.com', 443), timeout=1)",
        "import urllib.request; urllib.request.urlopen('http://192.0.2.1/', timeout=1)",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "import asyncio; asyncio.run(asyncio.open_connection('192.0.2.1', 443))",
    ],
)
def test_leaving_is_refused_and_written_down(attempt: str, tmp_path: Path) -> None:
    finished = guarded(attempt, tmp_path / "egress.log")

    assert finished.returncode == 1
    assert "must not leave the machine" in finished.stderr
    assert "egress guard: process" in (tmp_path / "egress.log").read_text()


def test_the_loopback_is_free(tmp_path: Path) -> None:
    source = """
import socket, threading
server = socket.create_server(("127.0.0.1", 0))
for host in ("127.0.0.1", "localhost"):
    socket.create_connection((host, server.getsockname()[1]), timeout=5).close()
"""
    finished = guarded(source, tmp_path / "egress.log")

    assert finished.returncode == 0, finished.stderr
    assert not (tmp_path / "egress.log").exists()
