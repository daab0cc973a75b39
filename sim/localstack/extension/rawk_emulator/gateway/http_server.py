"""LocalStack's gateway as a lean HTTP/1.1 server: one thread per connection reads, processes and answers.

Stock LocalStack reads and writes in one thread (Twisted's) and processes requests in others, so that every request
changes threads several times. Measured figures: docs/decisions/0011-hand-written-parsers.md. WebSockets and HTTP/2 are
rare; their connections are handed over to Twisted.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import contextlib
import io
import logging
import os
import select
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import unquote_to_bytes, urlsplit

LOG = logging.getLogger(__name__)

MAX_HEAD_BYTES = 256 * 1024
"""Request line and headers together. S3's metadata and long presigned URLs fit many times."""

MAX_UNREAD_BYTES = 64 * 1024
"""An unread rest of a body up to this size is read to keep the connection; with more the connection is closed."""

LINGER_SECONDS = 5.0
"""How long a client that has its answer may continue to send before it is disconnected."""

RESET = "rawk.reset"
"""In a request's environ: a function that resets the connection instead of answering."""

HAS_LEFT = "rawk.has_left"
"""In a request's environ: a function that reports whether the client has closed its side of the connection."""

_CLOSED = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR
"""Unread data does not hide a close. Where the system does not report one (macOS), only a reset is noticed."""

_BLOCK_BYTES = 64 * 1024
_BODILESS = frozenset({204, 304})

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
HandOver = Callable[[socket.socket], None]
GoAhead = Callable[[], None]


class HttpServer:
    """Serves a WSGI application on a listening socket. `hand_over` gets each connection that is not plain HTTP/1.1."""

    def __init__(self, application: Application, listener: socket.socket, hand_over: HandOver) -> None:
        self._application = application
        self._listener = listener
        self._hand_over = hand_over

    def start(self) -> None:
        """Accept connections in a thread of its own, for as long as the process runs."""
        threading.Thread(target=self._accept, name="http-gateway", daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, peer = self._listener.accept()
            except OSError as error:
                if self._listener.fileno() < 0:
                    return
                LOG.warning("a connection could not be accepted: %s", error)
                continue
            threading.Thread(target=self._serve, args=(connection, peer), name="http", daemon=True).start()

    def _serve(self, connection: socket.socket, peer: tuple[str, int]) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A client that disconnects in the middle loses its answer; no other client is affected.
        with contextlib.suppress(OSError):
            if is_for_twisted(connection.recv(_BLOCK_BYTES, socket.MSG_PEEK)):
                self._hand_over(connection)
                return
        with contextlib.suppress(OSError), connection:
            _Connection(self._application, connection, peer).serve()


def is_for_twisted(beginning: bytes) -> bool:
    """Whether a connection begins with TLS or HTTP/2, or requests a WebSocket."""
    return beginning.startswith((b"\x16", b"PRI * HTTP/2")) or b"\r\nupgrade: websocket" in beginning.lower()


class _Connection:
    """One connection: request, answer, request, answer."""

    def __init__(self, application: Application, connection: socket.socket, peer: tuple[str, int]) -> None:
        self._application = application
        self._connection = connection
        self._stream = cast(io.BufferedReader, connection.makefile("rb", buffering=_BLOCK_BYTES))
        host, port = connection.getsockname()[:2]
        self._base: Environ = {
            "REMOTE_ADDR": peer[0],
            "REMOTE_PORT": str(peer[1]),
            "SCRIPT_NAME": "",
            "SERVER_NAME": host,
            "SERVER_PORT": str(port),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.input_terminated": True,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            RESET: self._reset,
            HAS_LEFT: self._has_left,
        }

    def serve(self) -> None:
        """Serve until either side closes the connection."""
        with self._stream:
            while self._answer_one():
                pass

    def _answer_one(self) -> bool:
        try:
            head = read_head(self._stream)
            if head is None:
                return False
            body = body_of(head, self._stream, self._connection)
        except BadRequest as error:
            self._refuse(error)
            return False
        answer = _Answer(self._connection, head, body)
        answer.send(self._application, {**self._base, **environ_of(head), "wsgi.input": io.BufferedReader(body)})
        if answer.keeps_connection and body.discard_rest():
            return True
        self._close_after_answer()
        return False

    def _refuse(self, error: "BadRequest") -> None:
        text = str(error).encode()
        head = f"HTTP/1.1 {error.status.value} {error.status.phrase}\r\nContent-Length: {len(text)}\r\n"
        self._connection.sendall(head.encode() + b"Connection: close\r\n\r\n" + text)
        self._close_after_answer()

    def _reset(self) -> None:
        """Closing a socket that does not linger resets the connection; sending the rest fails."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self._connection.detach())

    def _has_left(self) -> bool:
        connection = select.poll()
        connection.register(self._connection, _CLOSED)
        return bool(connection.poll(0))

    def _close_after_answer(self) -> None:
        """Let a client that still sends read its answer: closing at once would reset its connection."""
        self._connection.shutdown(socket.SHUT_WR)
        self._connection.settimeout(LINGER_SECONDS)
        while self._connection.recv(_BLOCK_BYTES):
            pass


class BadRequest(Exception):
    """The bytes are not an HTTP request that can be answered."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class Head:
    """Request line and headers. Names keep their case, values are as they came."""

    def __init__(self, method: str, target: str, version: str, headers: list[tuple[bytes, bytes]]) -> None:
        self.method = method
        self.target = target
        self.version = version
        self.headers = headers
        self._lower = {name.lower(): value.decode("latin-1") for name, value in headers}

    def get(self, name: bytes) -> str:
        """The (last) value of a header by its lower-case name; empty without one."""
        return self._lower.get(name, "")


def read_head(stream: io.BufferedReader) -> Head | None:
    """The next request's head; None at the end of the connection. Raises BadRequest."""
    line = stream.readline(MAX_HEAD_BYTES)
    if line == b"\r\n":  # some clients send one too many after a body (RFC 9112, 2.2)
        line = stream.readline(MAX_HEAD_BYTES)
    if not line:
        return None
    words = line.split()
    if len(words) != 3 or not words[2].startswith(b"HTTP/1."):
        raise BadRequest(HTTPStatus.BAD_REQUEST, "that is no HTTP/1.1 request")
    method, target, version = (word.decode("latin-1") for word in words)
    return Head(method, target, version, list(_headers(stream)))


def _headers(stream: io.BufferedReader) -> Iterator[tuple[bytes, bytes]]:
    left = MAX_HEAD_BYTES
    while (line := stream.readline(left)) not in (b"\r\n", b"\n"):
        left -= len(line)
        if left <= 0:
            raise BadRequest(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too long")
        name, colon, value = line.partition(b":")
        if not colon or not name or name != name.strip():
            raise BadRequest(HTTPStatus.BAD_REQUEST, "that is no HTTP header")
        yield name, value.strip()


def environ_of(head: Head) -> Environ:
    """The request as a WSGI environ (PEP 3333), with the additions that LocalStack's gateway reads."""
    target = head.target if head.target.startswith("/") else _without_host(head.target)
    path, _, query = target.partition("?")
    environ: Environ = {
        "REQUEST_METHOD": head.method,
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": head.target,
        "REQUEST_URI": head.target,
        "SERVER_PROTOCOL": head.version,
        "CONTENT_TYPE": head.get(b"content-type"),
        "CONTENT_LENGTH": head.get(b"content-length"),
        "rolo.headers": head.headers,
    }
    for name, value in head.headers:
        key = "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ


def _without_host(target: str) -> str:
    """A proxied request names the whole URL (RFC 9112, 3.2.2)."""
    parts = urlsplit(target)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


def body_of(head: Head, stream: io.BufferedReader, connection: socket.socket) -> "Body":
    """The request's body, not yet read. Raises BadRequest when its length is unknown."""

    def go_ahead() -> None:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    on_first_read = go_ahead if head.get(b"expect").lower() == "100-continue" else None
    if head.get(b"transfer-encoding"):
        if head.get(b"transfer-encoding").lower() != "chunked":
            raise BadRequest(HTTPStatus.NOT_IMPLEMENTED, "the only transfer encoding known is chunked")
        return ChunkedBody(stream, on_first_read)
    length = head.get(b"content-length") or "0"
    if not length.isdecimal():
        raise BadRequest(HTTPStatus.BAD_REQUEST, "Content-Length is no number")
    return SizedBody(stream, on_first_read, int(length))


class Body(io.RawIOBase):
    """A request's body. `100 Continue` is sent to a waiting client when the first read begins."""

    def __init__(self, stream: io.BufferedReader, go_ahead: GoAhead | None) -> None:
        self._stream = stream
        self._go_ahead = go_ahead

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._go_ahead is not None:
            go_ahead, self._go_ahead = self._go_ahead, None
            go_ahead()
        return self._read_some(memoryview(buffer))

    def discard_rest(self) -> bool:
        """Read the rest, if it is not too much."""
        while self.is_rest_small and self.readinto(bytearray(_BLOCK_BYTES)):
            pass
        return self.is_rest_small

    @property
    def is_rest_small(self) -> bool:
        """Whether the rest can be read, so that another request can follow on the connection."""
        return self._go_ahead is None and self._is_rest_small()

    def _is_rest_small(self) -> bool:
        raise NotImplementedError

    def _read_some(self, buffer: memoryview) -> int:
        raise NotImplementedError


class SizedBody(Body):
    """A body with a Content-Length."""

    def __init__(self, stream: io.BufferedReader, go_ahead: GoAhead | None, length_bytes: int) -> None:
        super().__init__(stream, go_ahead)
        self._left_bytes = length_bytes

    def _is_rest_small(self) -> bool:
        return self._left_bytes <= MAX_UNREAD_BYTES

    def _read_some(self, buffer: memoryview) -> int:
        if not self._left_bytes:
            return 0
        count = self._stream.readinto1(buffer[: self._left_bytes])
        if not count:
            raise ConnectionError("the client disconnected in the middle of a body")
        self._left_bytes -= count
        return count


class ChunkedBody(Body):
    """A body in chunks, each behind its length (RFC 9112, 7.1)."""

    def __init__(self, stream: io.BufferedReader, go_ahead: GoAhead | None) -> None:
        super().__init__(stream, go_ahead)
        self._left_in_chunk_bytes = 0
        self._ended = False

    def _is_rest_small(self) -> bool:
        return self._ended  # how much is still to come is unknown

    def _read_some(self, buffer: memoryview) -> int:
        if not self._ended and not self._left_in_chunk_bytes:
            self._next_chunk()
        if self._ended:
            return 0
        count = self._stream.readinto1(buffer[: self._left_in_chunk_bytes])
        if not count:
            raise ConnectionError("the client disconnected in the middle of a chunk")
        self._left_in_chunk_bytes -= count
        if not self._left_in_chunk_bytes:
            self._stream.readline(MAX_HEAD_BYTES)
        return count

    def _next_chunk(self) -> None:
        size = self._stream.readline(MAX_HEAD_BYTES).partition(b";")[0].strip()
        try:
            self._left_in_chunk_bytes = int(size, 16)
        except ValueError as error:
            raise ConnectionError("the client sent a chunk without a length") from error
        if not self._left_in_chunk_bytes:
            self._ended = True
            while self._stream.readline(MAX_HEAD_BYTES) not in (b"\r\n", b"\n", b""):
                pass  # trailers


class _Answer:
    """Writes an application's answer; head and a small body leave in one segment."""

    def __init__(self, connection: socket.socket, head: Head, body: "Body") -> None:
        self._connection = connection
        self._head = head
        self._body = body
        self._status = ""
        self._headers: list[tuple[str, str]] = []
        self._chunked = False
        self._sent_head = False
        self.keeps_connection = head.version != "HTTP/1.0" and head.get(b"connection").lower() != "close"

    def send(self, application: Application, environ: Environ) -> None:
        """Run the application and send its answer."""
        blocks = application(environ, self._start)
        try:
            for block in blocks:
                if block:
                    self._write(block)
            self._finish()
        finally:
            if hasattr(blocks, "close"):
                blocks.close()

    def _start(self, status: str, headers: list[tuple[str, str]], _: object = None) -> Callable[[bytes], None]:
        self._status, self._headers = status, headers
        return self._write

    def _write(self, block: bytes) -> None:
        head = b"" if self._sent_head else self._compose_head()
        if not self._has_body():
            block = b""
        elif self._chunked:
            block = b"%x\r\n%b\r\n" % (len(block), block)
        if head or block:
            self._connection.sendall(head + block)

    def _finish(self) -> None:
        if not self._sent_head:
            self._connection.sendall(self._compose_head(length_bytes=0))
        elif self._chunked:
            self._connection.sendall(b"0\r\n\r\n")

    def _compose_head(self, length_bytes: int | None = None) -> bytes:
        self._sent_head = True
        given = {name.lower(): value.lower() for name, value in self._headers}
        headers = list(self._headers)
        if "date" not in given:
            headers.append(("Date", formatdate(usegmt=True)))
        if self._has_body() and "content-length" not in given:
            headers += self._end_of_body(length_bytes)
        if given.get("connection") == "close" or not self._body.is_rest_small:
            self.keeps_connection = False
        if not self.keeps_connection and "connection" not in given:
            headers.append(("Connection", "close"))
        lines = [f"HTTP/1.1 {self._status}", *(f"{name}: {value}" for name, value in headers), "", ""]
        return "\r\n".join(lines).encode("latin-1")

    def _end_of_body(self, length_bytes: int | None) -> list[tuple[str, str]]:
        """How the client recognises the end of the body: by its length, by chunks, or by the end of the connection."""
        if length_bytes is not None:
            return [("Content-Length", str(length_bytes))]
        if self._head.version == "HTTP/1.1":
            self._chunked = True
            return [("Transfer-Encoding", "chunked")]
        self.keeps_connection = False
        return []

    def _has_body(self) -> bool:
        return self._head.method != "HEAD" and int(self._status[:3]) not in _BODILESS
