"""A pytest plugin that is loaded into the process of an outside suite. It uses nothing but pytest, boto3 and moto.

It writes each test's outcome as a line of JSON as soon as it is known, so a suite that is stopped keeps its results.
Names below localhost.localstack.cloud are this machine, as the public name servers say. A test that takes too long
fails. moto's tests expect an empty server: queues that a test left are deleted before the next one. They expect that
an account with the number of their access key answers, too, so they sign with the key of the environment.
"""

import json
import os
import signal
import socket
import time
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

RESULTS = os.environ["OUTSIDE_SUITE_RESULTS"]
TEST_LIMIT_SECONDS = int(os.environ["OUTSIDE_SUITE_TEST_LIMIT"])
EMPTY_QUEUES_AT = os.environ.get("OUTSIDE_SUITE_EMPTY_QUEUES_AT", "")
LOCAL_NAMES = (".localhost.localstack.cloud", "localhost.localstack.cloud")

_resolve = socket.getaddrinfo
_worst: dict[str, dict[str, Any]] = {}


def pytest_configure() -> None:
    def resolve(host: Any, *arguments: Any, **named: Any) -> Any:
        local = isinstance(host, str) and host.endswith(LOCAL_NAMES)
        return _resolve("127.0.0.1" if local else host, *arguments, **named)

    socket.getaddrinfo = resolve
    if EMPTY_QUEUES_AT:
        _keep_credentials()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    def give_up(_: int, __: FrameType | None) -> None:
        raise TimeoutError(f"the test took more than {TEST_LIMIT_SECONDS} s")

    if EMPTY_QUEUES_AT:
        _delete_queues()
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(TEST_LIMIT_SECONDS)
    try:
        return (yield)
    finally:
        signal.alarm(0)
        if found := _worst.pop(item.nodeid, None):
            found["markers"] = sorted({marker.name for marker in item.iter_markers()})
            with Path(RESULTS).open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(found) + "\n")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    known = _worst.get(report.nodeid)
    if known is None or report.failed or (report.skipped and known["outcome"] == "passed"):
        text = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr or "")
        last = text.strip().splitlines()[-1:] or [""]
        # A test that is expected to fail, and does, is counted as skipped, as pytest reports it.
        _worst[report.nodeid] = {"test": report.nodeid, "outcome": report.outcome, "text": last[0][:300]}


def _keep_credentials() -> None:
    """moto's mocks write a key of no account into the environment, unless this says otherwise."""
    from moto.core.config import default_user_config

    default_user_config["core"]["mock_credentials"] = False


def _delete_queues() -> None:
    import boto3

    for region in ("us-east-1", "us-west-1", "us-west-2", "eu-west-1", "eu-central-1"):
        sqs = boto3.client("sqs", region, endpoint_url=EMPTY_QUEUES_AT)
        until = time.monotonic() + 10
        while (urls := sqs.list_queues().get("QueueUrls")) and time.monotonic() < until:
            for url in urls:
                with suppress(Exception):
                    sqs.delete_queue(QueueUrl=url)
