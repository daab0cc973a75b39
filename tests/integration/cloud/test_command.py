"""`python -m sim cloud`, as somebody uses it from a shell."""

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

LOOK_AROUND = """
import boto3
print(boto3.client("sqs").list_queues()["ResponseMetadata"]["HTTPStatusCode"])
print(boto3.client("apprunner").list_services()["ServiceSummaryList"])
"""


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "sim", "cloud", *options]


@contextmanager
def running(said: Path, *options: str) -> Iterator["subprocess.Popen[bytes]"]:
    with said.open("wb") as output:
        process = subprocess.Popen(command(*options), stdout=output, stderr=subprocess.STDOUT)
    try:
        eventually(lambda: "Ctrl-C" in said.read_text() or process.poll() is not None, within_seconds=60)
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        finally:
            process.kill()  # deaf to Ctrl-C it would outlive the tests


def test_a_shell_that_reads_its_file_is_there_until_ctrl_c(tmp_path: Path) -> None:
    file, said, ports = tmp_path / "env", tmp_path / "said", (str(free_port()), str(free_port()))
    with running(said, "--port", ports[0], "--moto-port", ports[1], "--env", str(file)) as process:
        shell = subprocess.run(
            ["bash", "-c", f'source "{file}" && exec "{sys.executable}" -c \'{LOOK_AROUND}\''],
            capture_output=True,
            text=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            timeout=60,
        )
        assert shell.stdout.split() == ["200", "[]"], shell.stderr
        assert f"source {file}" in said.read_text()
    assert process.returncode == 0
    assert said.read_text().endswith("stopped\n")
    assert not file.exists(), "nobody may be led to where nothing is"
    for port in ports:
        socket.create_server(("127.0.0.1", int(port))).close()


@pytest.mark.parametrize("taken", ["--port", "--moto-port"])
def test_a_port_that_is_taken_is_one_sentence(taken: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = str(somebody.getsockname()[1])
        other = {"--port": "--moto-port", "--moto-port": "--port"}[taken]
        ended = subprocess.run(
            command(taken, port, other, str(free_port())), capture_output=True, text=True, timeout=90, check=False
        )
    assert ended.returncode == EXIT_NOT_STARTED
    [sentence] = ended.stderr.splitlines()
    assert sentence.startswith("sim cloud: ")
    assert port in sentence


def test_what_is_no_port_is_refused() -> None:
    ended = subprocess.run(command("--moto-port", "0"), capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == EXIT_NOT_STARTED
    assert "0 is not a port" in ended.stderr
