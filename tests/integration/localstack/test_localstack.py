"""LocalStack as a service of a world: where it listens, what it leaves behind, how it ends."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import psutil
import pytest

from sim.localstack import server as module
from sim.localstack.control_client import emulator_pid
from sim.localstack.extension.rawk_emulator.in_function.storage import WRITABLE_VARIABLE
from sim.localstack.functions import zip_of
from sim.localstack.server import LocalStack, LocalStackNotStarted

from .conftest import eventually, make_role

BUSY = """
import os, pathlib, time

def handler(event, context):
    pathlib.Path({notebook!r}).write_text(str(os.getpid()))
    time.sleep(300)
"""


def test_it_listens_on_the_loopback_only(localstack: LocalStack) -> None:
    assert localstack.pid is not None
    listening = [c for c in psutil.Process(localstack.pid).net_connections("inet") if c.status == psutil.CONN_LISTEN]

    assert listening
    assert {connection.laddr.ip for connection in listening} == {"127.0.0.1"}


def test_it_makes_no_call_beyond_this_machine(localstack: LocalStack) -> None:
    assert "egress guard" not in localstack._log_path.read_text(encoding="utf-8")


def test_queue_urls_can_be_used_as_they_are(localstack: LocalStack) -> None:
    sqs = boto3.client(
        "sqs",
        endpoint_url=localstack.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    url = sqs.create_queue(QueueName="usable")["QueueUrl"]
    sqs.delete_queue(QueueUrl=url)

    assert url == f"{localstack.endpoint_url}/000000000000/usable"


def test_its_functions_and_its_state_end_with_it(tmp_path: Path, notebook: Path) -> None:
    notebooks = {WRITABLE_VARIABLE: str(notebook.parent)}
    localstack = LocalStack(tmp_path / "state", tmp_path / "localstack.log", extra_env=notebooks)
    localstack.start()
    make_role(localstack)
    functions = boto3.client(
        "lambda",
        endpoint_url=localstack.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    functions.create_function(
        FunctionName="orphan",
        Runtime="python3.13",
        Handler="module.handler",
        Role="arn:aws:iam::000000000000:role/tester",
        Timeout=600,
        Code={"ZipFile": zip_of({"module.py": BUSY.format(notebook=str(notebook))})},
    )
    functions.invoke(FunctionName="orphan", InvocationType="Event")
    busy = int(eventually(notebook.read_text))
    assert localstack.pid is not None
    os.kill(localstack.pid, 9)

    # During an invocation the runtime does not notice it by itself; one that waits for the next would.
    eventually(lambda: not psutil.pid_exists(busy))
    eventually(lambda: not localstack.is_alive())
    localstack.stop()
    assert not (tmp_path / "state").exists()


def test_a_failed_start_reports_the_reason_and_the_end_of_the_log(tmp_path: Path) -> None:
    broken = LocalStack(tmp_path / "state", tmp_path / "log", extra_env={"GATEWAY_SERVER": "no-such-server"})
    with pytest.raises(
        LocalStackNotStarted, match=r"its process ended(.|\n)*Unknown gateway server type no-such-server"
    ):
        broken.start()
    assert not broken.is_alive()


def offering(monkeypatch: pytest.MonkeyPatch, *ports: int) -> None:
    """The next free ports are these, and then really free ones."""
    really_free = module.free_port
    offered: Iterator[int] = iter(ports)
    monkeypatch.setattr(module, "free_port", lambda: next(offered, None) or really_free())


def test_a_port_that_is_taken_meanwhile_is_given_up_without_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        offering(monkeypatch, other.getsockname()[1])
        monkeypatch.setattr(module, "START_LIMIT_SECONDS", 30)
        with LocalStack(tmp_path / "state", tmp_path / "log") as localstack:
            assert localstack.endpoint_url != f"http://127.0.0.1:{other.getsockname()[1]}"
            assert emulator_pid(localstack.endpoint_url) == localstack.pid


def test_two_worlds_never_share_a_port(localstack: LocalStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offering(monkeypatch, urlsplit(localstack.endpoint_url).port or 0)
    with LocalStack(tmp_path / "state", tmp_path / "log") as late:
        assert late.endpoint_url != localstack.endpoint_url
        assert emulator_pid(late.endpoint_url) == late.pid != localstack.pid


def test_an_error_reports_that_every_port_was_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        offering(monkeypatch, *[other.getsockname()[1]] * module.PORT_ATTEMPTS)
        with pytest.raises(LocalStackNotStarted, match="did not get a port: 3 free ports were taken"):
            LocalStack(tmp_path / "state", tmp_path / "log").start()
