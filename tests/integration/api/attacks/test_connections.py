"""Clients that keep connections and send next to nothing, or nothing that anyone could read; judged by counts.

Each of them reached its aim while uvicorn served the API without bounds.
"""

import json
import resource
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from rawk.server.limits import RETRY_AFTER_SECONDS, Limits
from tests.integration.api.attacks.attacker import connect, read_to_the_end, send_until_ended, status_of
from tests.integration.api.conftest import TIMEOUT_SECONDS, Server

UPLOAD = b"POST /api/v1/memories HTTP/1.1\r\nHost: rawk\r\n"
CRUMB = b"1\r\nx\r\n"


@pytest.mark.parametrize("key", ["", "X-API-Key: key-of-acme\r\n", "X-API-Key: wrong\r\n"])
def test_a_body_of_one_byte_chunks_costs_the_server_next_to_nothing(attacked, key):
    """Four clients that send as fast as they can: 3 MB of crumbs each, 500,000 chunks, kept h11 busy for ten
    seconds."""
    used_before = attacked.process.cpu_times().user
    for _ in range(4):
        with connect(attacked) as connection:
            connection.sendall(UPLOAD + key.encode() + b"Transfer-Encoding: chunked\r\n")
            connection.sendall(b"Content-Type: multipart/form-data; boundary=b\r\n\r\n")
            send_until_ended(connection, CRUMB * 10_000, 3_000_000)
            assert status_of(read_to_the_end(connection)) in (0, 400, 401)

    assert attacked.process.cpu_times().user - used_before < 1.0
    assert attacked.client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.1\r\n" + b"a:\r\n" * 60_000 + b"\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: rawk\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\nHost: rawk\r\n\r\n",
        UPLOAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 200_000 + b"\r\n\r\n",
        UPLOAD + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 200_000 + b"\r\n\r\n",
        UPLOAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"a:b\r\n" * 60_000 + b"\r\n",
        b"\x16\x03\x01\x02\x00" * 20_000,
        b"\r\n" * 100_000,
    ],
    ids=["many-headers", "long-header", "long-path", "long-size", "long-extension", "many-trailers", "tls", "blank"],
)
def test_what_is_too_large_to_parse_is_refused_in_parts(attacked, head):
    used_before = attacked.process.cpu_times().user
    for _ in range(4):
        with connect(attacked) as connection:
            send_until_ended(connection, head, len(head))
            assert status_of(read_to_the_end(connection)) in (0, 400, 401, 408)

    assert attacked.process.cpu_times().user - used_before < 0.5


def test_half_open_connections_keep_nobody_out(attacked, log_path):
    """Eleven hundred at once: each new one resets the one that has waited longest."""
    with more_files(), ExitStack() as held:
        for number in range(1_100):
            held.enter_context(connect(attacked, f"127.0.0.{2 + number % 50}"))

        for _ in range(20):
            with connect(attacked, "127.0.0.99") as connection:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: rawk\r\n\r\n")
                assert status_of(connection.recv(1000)) == 200
        assert attacked.process.num_fds() < 40 + Limits().refusals + 60
    assert len(ended(log_path, "made_room", 1_000)) <= 10


class more_files:  # noqa: N801 - used like a function
    """This process may open 2,000 files meanwhile."""

    def __enter__(self) -> None:
        self._before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(2_000, self._before[0]), self._before[1]))

    def __exit__(self, *_: object) -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, self._before)


def ended(log_path: Path, why: str, at_least: int = 1) -> list[dict[str, Any]]:
    """The lines about ended connections, once they have so many for this reason."""
    end = time.monotonic() + TIMEOUT_SECONDS
    while True:
        lines = [json.loads(line) for line in log_path.read_text().splitlines() if '"connections_ended"' in line]
        if sum(line.get(why, 0) for line in lines) >= at_least:
            return lines
        assert time.monotonic() < end, lines
        time.sleep(0.1)


def busy(server: Server, address: str) -> socket.socket:
    """A connection with an upload in progress: the server waits for its body."""
    connection = connect(server, address)
    connection.sendall(UPLOAD + b"X-API-Key: key-of-acme\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n")
    connection.sendall(b"Content-Type: multipart/form-data; boundary=b\r\n\r\n")
    assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
    return connection


def test_an_address_and_all_together_have_a_limit(attacked):
    """Busy connections make no room."""
    with ExitStack() as held:
        for _ in range(30):
            held.enter_context(busy(attacked, "127.0.0.2"))
        one_too_many = held.enter_context(connect(attacked, "127.0.0.2"))
        assert_refused(read_to_the_end(one_too_many), 429, "too-many-connections")
        for _ in range(10):
            held.enter_context(busy(attacked, "127.0.0.3"))
        another = held.enter_context(connect(attacked, "127.0.0.4"))
        assert_refused(read_to_the_end(another), 503, "server-busy")

    assert attacked.eventually(lambda state: state["under_way"] == 0)


def assert_refused(response: bytes, status: int, kind: str) -> None:
    assert status_of(response) == status
    assert f"\r\nRetry-After: {RETRY_AFTER_SECONDS}\r\n".encode() in response
    assert json.loads(response.partition(b"\r\n\r\n")[2])["type"] == f"urn:rawk:problem:{kind}"


@pytest.mark.parametrize("first", [b"", b"GET /healthz HTTP/1.1\r\nHost: rawk\r\n\r\n"], ids=["new", "kept"])
def test_a_head_that_comes_byte_by_byte_ends_its_connection(attacked, first):
    with connect(attacked) as connection:
        connection.sendall(first)
        taken = 0
        try:
            for byte in b"GET /healthz HTTP/1.1\r\n" + b"X: y\r\n" * 1_000:
                connection.sendall(bytes([byte]))
                taken += 1
                time.sleep(0.02)
        except (ConnectionResetError, BrokenPipeError):
            pass

        assert taken < 400  # of 6,000 bytes: two seconds, and two to read the response
        assert b"HTTP/1.1 408 " in read_to_the_end(connection)


def test_a_client_that_never_reads_is_reset(attacked, log_path):
    """It asks for the OpenAPI document again and again, and reads none."""
    with connect(attacked) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        asked = send_until_ended(connection, b"GET /openapi.json HTTP/1.1\r\nHost: rawk\r\n\r\n" * 10, 10_000_000)

    assert asked < 10_000_000
    assert ended(log_path, "unread")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"\0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: rawk\r\nUpgrade: websocket\r\nConnection: upgrade, close\r\n\r\n", 404),
    ],
    ids=["no-http", "no-host", "upgrade"],
)
def test_many_such_requests_write_few_lines(attacked, log_path, request_, status):
    before = len(log_path.read_text().splitlines())

    for _ in range(200):
        with connect(attacked) as connection:
            connection.sendall(request_)
            assert status_of(connection.recv(65536)) == status

    assert len(log_path.read_text().splitlines()) - before <= 3
