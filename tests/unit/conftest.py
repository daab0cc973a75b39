"""Unit tests use no network: an attempt fails the test, even in code that swallows ordinary exceptions."""

import io
import json
import logging
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from rawk.log import write_json_lines

# How long an example takes is the machine's affair and no property of ours; a failure prints what replays it.
settings.register_profile(
    "rawk", settings(), deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("rawk")

LOCAL = (getattr(socket, "AF_UNIX", None),)
"""What event loops wake themselves up with."""


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def guarded(method: Any) -> Any:
        def call(self: socket.socket, *arguments: Any) -> Any:
            if self.family not in LOCAL:
                # Not an Exception but a BaseException: an SDK would take one for a broken connection and go on.
                pytest.fail(f"a unit test reached for the network: {arguments}")
            return method(self, *arguments)

        return call

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, guarded(getattr(socket.socket, name)))

    def look_up(*arguments: Any, **_: Any) -> Any:
        pytest.fail(f"a unit test looked up a host name: {arguments}")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.fixture
def log_lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Gives what the product has logged so far, as it leaves the process; the logger is put back afterwards."""
    logger = logging.getLogger("rawk")
    handlers, propagate, level = logger.handlers, logger.propagate, logger.level
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", output := io.StringIO())
        write_json_lines("DEBUG")
    yield lambda: [json.loads(line) for line in output.getvalue().splitlines()]
    logger.handlers, logger.propagate = handlers, propagate
    logger.setLevel(level)
