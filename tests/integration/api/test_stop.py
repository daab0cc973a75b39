"""SIGTERM in the middle of an upload leaves nothing behind."""

import json
import socket
import time
from pathlib import Path

import httpx2
import psutil
import pytest

from tests.integration.api.conftest import TIMEOUT_SECONDS, Server, listening_server
from tests.integration.api.test_over_a_socket import connect, fresh_wav, head
from tests.unit.api.forms import audio, form

MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize("store_is", ["idle", "writing"])
def test_an_unfinished_upload_is_removed_when_the_server_stops(tmp_path: Path, store_is: str) -> None:
    """The second time, its stop finds a thread that is writing to the store."""
    log_path, hold = tmp_path / "server.log", tmp_path / "hold"
    environment = {"HOLD_WRITES": str(hold)}
    with listening_server("tests.integration.api.server:create_app", environment, log_path, {"grace_seconds": 1}) as (
        port,
        process,
    ):
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=TIMEOUT_SECONDS, trust_env=False) as client:
            server = Server(port, process, client)
            server.eventually(lambda _: True)
            if store_is == "writing":
                hold.touch()
            connections = [stalled_upload(server) for _ in range(5)]
            server.eventually(lambda state: state["begun"] == 5)

            process.terminate()
            wait_for(log_path, "Cancel")
            hold.unlink(missing_ok=True)
            ended(process)
        for connection in connections:
            connection.close()

    [closed] = [line for line in lines_of(log_path) if line["event"] == "closed"]
    assert (closed["under_way"], closed["stored"]) == (0, 0)


def stalled_upload(server: Server) -> socket.socket:
    body = form(audio(fresh_wav(8 * MEBIBYTE)))
    connection = connect(server)
    connection.sendall(head(len(body)) + body[:MEBIBYTE])
    return connection


def lines_of(log_path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in log_path.read_text().splitlines() if line.startswith("{")]


def wait_for(log_path: Path, text: str) -> None:
    end = time.monotonic() + TIMEOUT_SECONDS
    while text not in log_path.read_text():
        assert time.monotonic() < end, log_path.read_text()
        time.sleep(0.02)


def ended(process: psutil.Process) -> None:
    process.wait(TIMEOUT_SECONDS)
