"""What a client may cost the simulator: the size of its chunks, and its connections."""

import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

import psutil
import pytest

from sim.openai_simulator.http.server import CONNECTIONS
from tests.integration.openai_simulator.helpers import client_of

LIMIT_SECONDS = 20
HEAD = "POST {path}/chat/completions HTTP/1.1\r\nHost: openai\r\nTransfer-Encoding: chunked\r\n\r\n"


def connect(space) -> socket.socket:
    address = urlsplit(space.base_url)
    return socket.create_connection((address.hostname, address.port), timeout=LIMIT_SECONDS)


def status_of(connection: socket.socket) -> int:
    return int(connection.makefile("rb").readline().split()[1])


def test_a_body_in_chunks_of_one_byte_is_refused_at_once(own_simulator):
    space = own_simulator.server.space("chunks")
    with connect(space) as connection:
        connection.sendall(HEAD.format(path=urlsplit(space.base_url).path).encode() + b"1\r\nx\r\n" * 70)
        assert status_of(connection) == 400
    with client_of(space) as client:
        assert client.models.list().data
    assert [record["outcome"] for record in space.journal()] == ["client_disconnected", "answered"]


def test_chunks_of_ordinary_size_are_read_to_the_end(own_simulator):
    space = own_simulator.server.space("chunks")
    with connect(space) as connection:
        chunk = b"100\r\n" + b"x" * 256 + b"\r\n"
        body = chunk * 300 + b"0\r\n\r\n"
        connection.sendall(HEAD.format(path=urlsplit(space.base_url).path).encode() + body)
        assert status_of(connection) == 401, "the body was read; then the key was missing"


def test_connections_that_send_nothing_keep_no_client_away(own_simulator):
    space = own_simulator.server.space("silent")
    with ExitStack() as opened:
        silent = [opened.enter_context(connect(space)) for _ in range(CONNECTIONS + 20)]
        with client_of(space) as client:
            assert client.models.list().data
        with pytest.raises(ConnectionResetError):
            silent[0].recv(1)
        assert len(psutil.Process(own_simulator.pid).net_connections()) <= CONNECTIONS + 2


def test_a_client_beyond_all_busy_connections_is_refused(own_simulator):
    space = own_simulator.server.space("busy")
    half = b"POST / HTTP/1.1\r\nHost: openai\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
    with ExitStack() as opened:
        for _ in range(CONNECTIONS):
            busy = opened.enter_context(connect(space))
            busy.sendall(half)
            assert busy.recv(100).startswith(b"HTTP/1.1 100")
        assert status_of(opened.enter_context(connect(space))) == 503
