"""LocalStack's lean door: whole conversations over a real connection, and whatever a client may get wrong."""

import http.client
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sim.localstack.extension.rawk_emulator.gateway.http_server import RESET, Environ, HttpServer

Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def echo(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Gives back what it got."""
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", str(len(body))), ("X-Path", environ["PATH_INFO"])])
    return [body]


@contextmanager
def serving(application: Application, handed_over: list[socket.socket] | None = None) -> Iterator[tuple[str, int]]:
    taken = [] if handed_over is None else handed_over
    with socket.create_server(("127.0.0.1", 0)) as listener:
        HttpServer(application, listener, taken.append).start()
        yield listener.getsockname()
        listener.shutdown(socket.SHUT_RDWR)


@contextmanager
def connected(address: tuple[str, int]) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(*address, timeout=5)
    yield connection
    connection.close()


def said_back(address: tuple[str, int], raw: bytes) -> bytes:
    """Everything that comes back for these very bytes, until the server hangs up."""
    with socket.create_connection(address, timeout=5) as client:
        client.sendall(raw)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


def test_one_connection_serves_request_after_request() -> None:
    with serving(echo) as address, connected(address) as connection:
        connection.connect()
        port = connection.sock.getsockname()[1]
        for body in (b"one", b"", b"x" * 1_000_000):
            connection.request("POST", "/a%20b?c=d", body)
            answer = connection.getresponse()
            assert (answer.status, answer.read(), answer.headers["X-Path"]) == (200, body, "/a b")
        assert connection.sock.getsockname()[1] == port


def test_a_body_in_chunks_is_put_together() -> None:
    with serving(echo) as address, connected(address) as connection:
        for _ in range(2):
            connection.request("POST", "/", iter([b"first ", b"second"]), encode_chunked=True)
            answer = connection.getresponse()
            assert answer.status in (200, 411)
            assert answer.read() == b"first second"


def test_an_answer_of_unknown_length_comes_in_chunks() -> None:
    def stream(_: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [])
        return iter([b"a", b"", b"b"])

    with serving(stream) as address, connected(address) as connection:
        for _ in range(2):
            connection.request("GET", "/")
            answer = connection.getresponse()
            assert answer.headers["Transfer-Encoding"] == "chunked"
            assert answer.read() == b"ab"


def test_nothing_follows_the_head_of_an_answer_to_head() -> None:
    def three_bytes(_: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "3")])
        return [b"abc"]

    with serving(three_bytes) as address:
        said = said_back(address, b"HEAD / HTTP/1.1\r\n\r\n")
        assert said.startswith(b"HTTP/1.1 200 OK\r\n")
        assert said.endswith(b"\r\n\r\n")


def test_a_client_that_waits_is_told_to_go_ahead_once_somebody_reads() -> None:
    with serving(echo) as address, socket.create_connection(address, timeout=5) as client:
        client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"ok")
        assert client.recv(1000).endswith(b"\r\n\r\nok")


def test_a_client_that_waits_is_answered_when_nobody_reads() -> None:
    def refuse(_: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("403 Forbidden", [("Content-Length", "0")])
        return []

    with serving(refuse) as address, socket.create_connection(address, timeout=5) as client:
        client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 403 Forbidden\r\n")
        assert client.recv(1000) == b""


def test_a_body_that_nobody_read_does_not_spoil_the_next_request() -> None:
    def ignore(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "3")])
        return [environ["REQUEST_METHOD"][:3].encode()]

    with serving(ignore) as address, connected(address) as connection:
        for method, body in (("POST", b"x" * 1000), ("GET", None)):
            connection.request(method, "/", body)
            assert connection.getresponse().read() == method[:3].encode()


def test_whoever_sends_far_more_than_anybody_reads_sees_the_answer_all_the_same() -> None:
    def refuse(_: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("413 Content Too Large", [("Content-Length", "0")])
        return []

    with serving(refuse) as address, connected(address) as connection:
        connection.request("POST", "/", b"x" * 5_000_000)
        assert connection.getresponse().status == 413


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"hello\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno header\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 300_000 + b"\r\n\r\n", 431),
    ],
)
def test_what_is_no_request_is_refused(raw: bytes, status: int) -> None:
    with serving(echo) as address:
        assert said_back(address, raw).startswith(b"HTTP/1.1 %d " % status)


def test_a_whole_address_as_a_proxy_sends_it() -> None:
    with serving(echo) as address:
        said = said_back(address, b"GET http://sqs.us-east-1.amazonaws.com/a/b?c HTTP/1.1\r\n\r\n")
        assert b"X-Path: /a/b\r\n" in said


def test_names_of_headers_keep_their_case_and_values_their_number() -> None:
    seen: list[tuple[bytes, bytes]] = []

    def look(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        seen.extend(environ["rolo.headers"])
        return echo(environ, start_response)

    with serving(look) as address:
        said_back(address, b"GET / HTTP/1.1\r\nx-Amz-Meta-A: 1\r\nx-Amz-Meta-A: 2\r\n\r\n")
    assert seen == [(b"x-Amz-Meta-A", b"1"), (b"x-Amz-Meta-A", b"2")]


def test_an_application_may_reset_the_connection() -> None:
    def reset(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ[RESET]()
        return echo(environ, start_response)

    with serving(reset) as address, connected(address) as connection:
        connection.request("GET", "/")
        with pytest.raises(ConnectionResetError):
            connection.getresponse()


@pytest.mark.parametrize(
    "beginning",
    [
        b"\x16\x03\x01",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /_aws/ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n",
    ],
)
def test_what_is_not_for_us_is_handed_over_untouched(beginning: bytes) -> None:
    handed_over: list[socket.socket] = []
    with serving(echo, handed_over) as address, socket.create_connection(address, timeout=5) as client:
        client.sendall(beginning)
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1)
        (connection,) = handed_over
        with connection:
            assert connection.recv(1000) == beginning
