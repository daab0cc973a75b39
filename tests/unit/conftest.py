"""Unit tests touch no network: whoever tries fails loudly, also through code that swallows ordinary exceptions."""

import socket
from typing import Any

import pytest

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
