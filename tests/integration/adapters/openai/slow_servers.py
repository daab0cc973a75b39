"""Servers on a real local socket that delay a client, each in its own way."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

BLINK_SECONDS = 0.05
"""Between two bytes: far less than any timeout per read."""

DRIPS = 200
"""Ten seconds of bytes: longer than the tests allow, and still an end for a client without a timeout."""

SLOW_READ_BYTES = 512 * 1024
"""Pause between two reads: slow for a large upload, but short enough for each single write."""

type Behaviour = Callable[[socket.socket, threading.Event], None]


def hangs(connection: socket.socket, stopped: threading.Event) -> None:
    """Reads the request and never answers."""
    while not stopped.is_set() and connection.recv(65536):
        pass


def drips_headers(connection: socket.socket, stopped: threading.Event) -> None:
    _drip(connection, stopped, b"HTTP/1.1 200 OK\r\n" + b"X-Padding: " + b"x" * DRIPS)


def drips_body(connection: socket.socket, stopped: threading.Event) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n"
    connection.sendall(head)
    _drip(connection, stopped, b" " * DRIPS)


def drips_compressed_body(connection: socket.socket, stopped: threading.Event) -> None:
    """Every byte but the head's decompresses to many, so that bytes arrive and the answer never ends."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\r\n"
    connection.sendall(head)
    _drip(connection, stopped, gzip.compress(b'{"text": "' + b"a" * 1_000_000)[:DRIPS])


def reads_slowly(connection: socket.socket, stopped: threading.Event) -> None:
    """Reads the upload in small parts, so that every single write of the client succeeds in time."""
    while not stopped.wait(BLINK_SECONDS):
        left = SLOW_READ_BYTES
        while left and (data := connection.recv(left)):
            left -= len(data)


def resets(connection: socket.socket, stopped: threading.Event) -> None:  # noqa: ARG001
    connection.recv(1024)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def truncates(connection: socket.socket, stopped: threading.Event) -> None:  # noqa: ARG001
    connection.recv(65536)
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"text": "h')


def answers(body: bytes) -> Behaviour:
    def answer(connection: socket.socket, stopped: threading.Event) -> None:  # noqa: ARG001
        connection.recv(65536)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)

    return answer


@contextmanager
def server(behaviour: Behaviour) -> Iterator[str]:
    """Gives the base URL. Each connection gets the behaviour and is then closed."""
    stopped = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(BLINK_SECONDS)
        thread = threading.Thread(target=_serve, args=(listener, behaviour, stopped))
        thread.start()
        try:
            yield _base_url(listener)
        finally:
            stopped.set()
            thread.join(timeout=10)
            assert not thread.is_alive()


@contextmanager
def server_that_accepts_nobody() -> Iterator[str]:
    """Its queue of waiting connections is full, so that a further one hangs while connecting (Linux)."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, socket.socket() as first:
        first.connect(listener.getsockname())
        yield _base_url(listener)


def _base_url(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}/v1"


def _serve(listener: socket.socket, behaviour: Behaviour, stopped: threading.Event) -> None:
    while not stopped.is_set():
        with suppress(TimeoutError):
            connection, _ = listener.accept()
            # The client times out first, as intended.
            with connection, suppress(OSError):
                connection.settimeout(5)
                behaviour(connection, stopped)


def _drip(connection: socket.socket, stopped: threading.Event, data: bytes) -> None:
    for byte in data:
        if stopped.wait(BLINK_SECONDS):
            return
        connection.sendall(bytes([byte]))
