"""`tox -e sim -- cloud`, used from a shell."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sim.platform.processes import free_port
from tests.integration.localstack.conftest import eventually

EXIT_NOT_STARTED = 2

CALL_BOTH_SERVERS = """
import boto3
print(boto3.client("sqs").list_queues()["ResponseMetadata"]["HTTPStatusCode"])
print(boto3.client("apprunner").list_services()["ServiceSummaryList"])
"""


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "sim", "cloud", *options]


@contextmanager
def running(printed: Path, *options: str) -> Iterator["subprocess.Popen[bytes]"]:
    with printed.open("wb") as output:
        process = subprocess.Popen(command(*options), stdout=output, stderr=subprocess.STDOUT)
    try:
        eventually(lambda: "Ctrl-C" in printed.read_text() or process.poll() is not None, within_seconds=60)
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        finally:
            process.kill()  # a process that ignores Ctrl-C would outlive the tests


def test_a_shell_that_sources_the_file_reaches_both_servers_until_ctrl_c(tmp_path: Path) -> None:
    file, printed, ports = tmp_path / "env", tmp_path / "printed", (str(free_port()), str(free_port()))
    with running(printed, "--port", ports[0], "--moto-port", ports[1], "--env", str(file)) as process:
        shell = subprocess.run(
            ["bash", "-c", f'source "{file}" && exec "{sys.executable}" -c \'{CALL_BOTH_SERVERS}\''],
            capture_output=True,
            text=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            timeout=60,
        )
        assert shell.stdout.split() == ["200", "[]"], shell.stderr
        assert f"source {file}" in printed.read_text()
    assert process.returncode == 0
    assert printed.read_text().endswith("stopped\n")
    assert not file.exists(), "the file would point to servers that no longer run"
    for port in ports:
        socket.create_server(("127.0.0.1", int(port))).close()


@pytest.mark.parametrize("taken", ["--port", "--moto-port"])
def test_a_taken_port_is_reported_in_one_sentence(taken: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        other = {"--port": "--moto-port", "--moto-port": "--port"}[taken]
        ended = subprocess.run(
            command(taken, port, other, str(free_port())), capture_output=True, text=True, timeout=90, check=False
        )
    assert ended.returncode == EXIT_NOT_STARTED
    [sentence] = ended.stderr.splitlines()
    assert sentence.startswith("sim cloud: ")
    assert port in sentence


def test_an_invalid_port_is_refused() -> None:
    ended = subprocess.run(command("--moto-port", "0"), capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == EXIT_NOT_STARTED
    assert "0 is not a port" in ended.stderr
