"""The lean gateway: requests over a real connection, correct and malformed ones."""

import http.client
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sim.localstack.extension.rawk_emulator.gateway.http_server import HAS_LEFT, RESET, Environ, HttpServer

from .conftest import eventually

Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def echo(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Returns the request."""
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


def response_to(address: tuple[str, int], raw: bytes) -> bytes:
    """Everything that the server sends for these bytes, until it closes the connection."""
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


def test_a_body_in_chunks_is_joined() -> None:
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
        response = response_to(address, b"HEAD / HTTP/1.1\r\n\r\n")
        assert response.startswith(b"HTTP/1.1 200 OK\r\n")
        assert response.endswith(b"\r\n\r\n")


def test_a_waiting_client_gets_100_continue_when_the_body_is_read() -> None:
    with serving(echo) as address, socket.create_connection(address, timeout=5) as client:
        client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"ok")
        assert client.recv(1000).endswith(b"\r\n\r\nok")


def test_a_waiting_client_gets_its_answer_when_the_body_is_not_read() -> None:
    def refuse(_: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("403 Forbidden", [("Content-Length", "0")])
        return []

    with serving(refuse) as address, socket.create_connection(address, timeout=5) as client:
        client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 403 Forbidden\r\n")
        assert client.recv(1000) == b""


def test_an_unread_body_does_not_affect_the_next_request() -> None:
    def ignore(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "3")])
        return [environ["REQUEST_METHOD"][:3].encode()]

    with serving(ignore) as address, connected(address) as connection:
        for method, body in (("POST", b"x" * 1000), ("GET", None)):
            connection.request(method, "/", body)
            assert connection.getresponse().read() == method[:3].encode()


def test_a_client_that_sends_a_large_unread_body_gets_its_answer() -> None:
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
def test_bytes_that_are_not_a_request_are_refused(raw: bytes, status: int) -> None:
    with serving(echo) as address:
        assert response_to(address, raw).startswith(b"HTTP/1.1 %d " % status)


def test_an_absolute_url_as_sent_to_a_proxy() -> None:
    with serving(echo) as address:
        response = response_to(address, b"GET http://sqs.us-east-1.amazonaws.com/a/b?c HTTP/1.1\r\n\r\n")
        assert b"X-Path: /a/b\r\n" in response


def test_names_of_headers_keep_their_case_and_values_their_number() -> None:
    seen: list[tuple[bytes, bytes]] = []

    def look(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        seen.extend(environ["rolo.headers"])
        return echo(environ, start_response)

    with serving(look) as address:
        response_to(address, b"GET / HTTP/1.1\r\nx-Amz-Meta-A: 1\r\nx-Amz-Meta-A: 2\r\n\r\n")
    assert seen == [(b"x-Amz-Meta-A", b"1"), (b"x-Amz-Meta-A", b"2")]


def test_an_application_may_reset_the_connection() -> None:
    def reset(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ[RESET]()
        return echo(environ, start_response)

    with serving(reset) as address, connected(address) as connection:
        connection.request("GET", "/")
        with pytest.raises(ConnectionResetError):
            connection.getresponse()


def test_an_application_sees_that_its_client_has_left_although_the_body_is_unread() -> None:
    asked, left, seen = threading.Event(), threading.Event(), []

    def look(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        seen.append(environ[HAS_LEFT]())
        asked.set()
        eventually(environ[HAS_LEFT])
        left.set()
        return echo(environ, start_response)

    with serving(look) as address:
        with socket.create_connection(address, timeout=5) as client:
            client.sendall(b"PUT / HTTP/1.1\r\nContent-Length: 10000\r\n\r\nhalf of it")
            assert asked.wait(5)
        assert left.wait(5)
    assert seen == [False]


@pytest.mark.parametrize(
    "beginning",
    [
        b"\x16\x03\x01",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /_aws/ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n",
    ],
)
def test_other_protocols_are_handed_over_unread(beginning: bytes) -> None:
    handed_over: list[socket.socket] = []
    with serving(echo, handed_over) as address, socket.create_connection(address, timeout=5) as client:
        client.sendall(beginning)
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1)
        (connection,) = handed_over
        with connection:
            assert connection.recv(1000) == beginning
