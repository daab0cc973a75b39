"""A connection between two requests: it outlasts the limit for heads, and the next head has that limit again."""

import socket
from collections.abc import Iterator

import pytest

from tests.integration.api.conftest import TIMEOUT_SECONDS, listening_server

HEAD_SECONDS = 1
IDLE_SECONDS = 6
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: rawk\r\n\r\n"


def response(connection: socket.socket) -> bytes:
    """One response of /healthz, head and body, or what comes instead of it."""
    received = b""
    while not received.endswith(b"}") and (data := connection.recv(4096)):
        received += data
    return received


@pytest.fixture
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[socket.socket]:
    """It has had one response."""
    limits = {"head_seconds": HEAD_SECONDS, "idle_seconds": IDLE_SECONDS}
    log_path = tmp_path_factory.mktemp("idle") / "server.log"
    with (
        listening_server("tests.integration.api.server:create_app", {}, log_path, limits) as (port, _),
        socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS) as client,
    ):
        client.sendall(REQUEST)
        assert response(client).startswith(b"HTTP/1.1 200")
        yield client


def test_an_idle_connection_outlasts_the_limit_for_heads_and_serves_again(connection: socket.socket) -> None:
    connection.settimeout(3 * HEAD_SECONDS)
    with pytest.raises(TimeoutError):
        connection.recv(1)  # neither closed nor answered with 408

    connection.settimeout(TIMEOUT_SECONDS)
    connection.sendall(REQUEST)
    assert response(connection).startswith(b"HTTP/1.1 200")


def test_an_idle_connection_ends_at_last_without_a_response(connection: socket.socket) -> None:
    assert connection.recv(1) == b""


def test_a_late_head_after_a_response_is_refused(connection: socket.socket) -> None:
    connection.settimeout(IDLE_SECONDS - 1)
    connection.sendall(REQUEST[:20])
    assert connection.recv(4096).startswith(b"HTTP/1.1 408")


def test_a_late_head_that_follows_its_request_at_once_is_refused(connection: socket.socket) -> None:
    connection.settimeout(IDLE_SECONDS - 1)
    connection.sendall(REQUEST + REQUEST[:20])
    assert response(connection).startswith(b"HTTP/1.1 200")
    assert connection.recv(4096).startswith(b"HTTP/1.1 408")
