"""`tox -e sim -- emulator` as a standalone program."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import httpx
import psutil
import pytest

from sim.localstack.command import CHECKS_OF_FEATURES, is_own_address
from sim.localstack.conformance import suite
from sim.localstack.extension.rawk_emulator.features import FEATURES, WITHOUT_VARIABLE
from sim.platform.processes import free_port
from tests.integration.localstack.conftest import eventually

EXIT_NOT_STARTED = 2


class Emulator:
    """A running emulator, and its output so far."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, path: Path) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self._path = path

    def output(self) -> str:
        return self._path.read_text(encoding="utf-8")

    def client(self, service: str) -> Any:
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
        return session.client(service, endpoint_url=self.url)  # type: ignore[call-overload]


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., Any]:
    @contextmanager
    def emulator(*options: str, until: str = "Ctrl-C stops it", **environment: str) -> Iterator[Emulator]:
        port, path = free_port(), tmp_path / "output"
        with path.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "sim", "emulator", "--port", str(port), *options],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
            )
        try:
            running = Emulator(process, port, path)
            eventually(lambda: until in running.output() or process.poll() is not None, within_seconds=60)
            yield running
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            finally:
                process.kill()  # a process that ignores Ctrl-C would outlive the tests

    return emulator


def command(*options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "sim", "emulator", *options], capture_output=True, text=True, timeout=60, check=False
    )


def test_the_emulator_serves_until_ctrl_c_and_leaves_no_process(start: Callable[..., Any]) -> None:
    with start() as emulator:
        assert f"ready at {emulator.url}" in emulator.output()
        assert f"{len(CHECKS_OF_FEATURES)} of {len(CHECKS_OF_FEATURES)} checks passed" in emulator.output()
        # The checks worked in an account of their own, and removed what they created.
        assert "QueueUrls" not in emulator.client("sqs").list_queues()
        assert emulator.client("lambda").list_functions()["Functions"] == []
        family = psutil.Process(emulator.process.pid).children(recursive=True)
        assert family
        emulator.process.send_signal(signal.SIGINT)
        assert emulator.process.wait(20) == 0
        eventually(lambda: not any(each.is_running() for each in family))


def test_the_check_of_each_disabled_feature_fails(start: Callable[..., Any]) -> None:
    others = sorted({each.name for each in FEATURES} - {"process-executor"})
    with start("--without", ",".join(others), "--no-checks") as emulator:
        results = suite.run(suite.Target.on_localstack(emulator.url), tuple(CHECKS_OF_FEATURES.values()))

        failed = {each.check.name for each in results if each.failure}
        assert failed == set(CHECKS_OF_FEATURES.values()) - {CHECKS_OF_FEATURES["process-executor"]}
        assert httpx.get(f"{emulator.url}/_rawk/control", trust_env=False).status_code == 404


def test_the_environment_disables_a_feature_too_and_its_failed_check_is_printed(start: Callable[..., Any]) -> None:
    with start(**{WITHOUT_VARIABLE: "refusals"}) as emulator:
        assert "check failed: mapping-validation (mappings that AWS refuses are refused): " in emulator.output()
        assert f"{len(CHECKS_OF_FEATURES) - 1} of {len(CHECKS_OF_FEATURES)} checks passed" in emulator.output()


def test_virtual_time_can_be_advanced(start: Callable[..., Any]) -> None:
    with start("--virtual-time", "--no-checks") as emulator:
        sqs = emulator.client("sqs")
        url = sqs.create_queue(QueueName="late")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="in a quarter of an hour", DelaySeconds=900)
        endpoint = f"{emulator.url}/_rawk/time"
        assert "Messages" not in sqs.receive_message(QueueUrl=url)

        moved = httpx.post(endpoint, json={"advance_seconds": 901}, trust_env=False).json()
        assert moved["ahead_seconds"] == 901
        assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "in a quarter of an hour"

        backwards = httpx.post(endpoint, json={"advance_seconds": -1}, trust_env=False)
        assert backwards.status_code == 400
        assert "only goes forward" in backwards.text


def test_without_virtual_time_advancing_is_refused_with_the_reason(start: Callable[..., Any]) -> None:
    with start("--no-checks") as emulator:
        refused = httpx.post(f"{emulator.url}/_rawk/time", json={"advance_seconds": 60}, trust_env=False)

    assert refused.status_code == 409
    assert "--virtual-time" in refused.text


def test_a_taken_port_is_reported_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = command("--port", str(port))

    assert refused.returncode == EXIT_NOT_STARTED
    assert (
        refused.stderr
        == f"sim emulator: another process has port {port} of 127.0.0.1: stop it, or choose another --port.\n"
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--without", "gravity"), "no feature is called gravity; the features are alarms, "),
        (("--port", "0"), "0 is not a port"),
        (("--lambda-python", "/bin/false"), "/bin/false is not a Python interpreter"),
    ],
    ids=["feature", "port", "python"],
)
def test_invalid_options_are_refused(options: tuple[str, ...], words: str) -> None:
    refused = command(*options)

    assert refused.returncode == EXIT_NOT_STARTED
    assert words in refused.stderr


def test_help_lists_every_feature() -> None:
    help_text = command("--help").stdout

    assert all(each.name in help_text and each.description in help_text for each in FEATURES)
    assert "AWS_ENDPOINT_URL" in help_text


@pytest.mark.parametrize("address", ["192.0.2.1", "no such name", "1.2.3.4.5", "::ffff:192.0.2.1"])
def test_an_address_of_another_machine_is_refused(address: str) -> None:
    refused = command("--listen", address)

    assert refused.returncode == EXIT_NOT_STARTED
    expected = f"sim emulator: {address!r} is not an address of this machine: choose another --listen.\n"
    assert refused.stderr == expected


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_an_address_of_this_machine_is_accepted(address: str) -> None:
    assert is_own_address(address)
