"""JSON over one persistent HTTP connection, for calls that the harness makes many times a second to its own servers.

It understands only what those servers send: one answer with a Content-Length to each request. The client of the
standard library parses headers as e-mail, which took longer than the servers' whole work. It never uses a proxy.
"""

import io
import json
import socket
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 10.0


class NoAnswer(Exception):
    """The server does not answer; the text says which server and why."""


class JsonConnection:
    """Safe for several threads. It opens a connection that was closed meanwhile again, once per request."""

    def __init__(self, url: str, headers: Mapping[str, str] | None = None) -> None:
        """`headers` are sent with every request."""
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        self._connection: socket.socket | None = None
        self._answers: io.BufferedReader | None = None
        address = urlsplit(url)
        self._url = url
        self._host, self._port = str(address.hostname), int(address.port or 80)
        self._lock = threading.Lock()

    def close(self) -> None:
        with self._lock:
            self._drop()

    def __del__(self) -> None:
        """Closes the connection."""
        self._drop()

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """The status and the parsed body of the answer. Raises NoAnswer."""
        data = None if body is None else json.dumps(body).encode()
        with self._lock:
            kept = self._connection is not None
            try:
                return self._ask(method, path, data)
            except (OSError, ValueError) as error:
                self._drop()
                if not kept:
                    raise NoAnswer(f"{self._url} does not answer: {error!r}") from error
            try:
                return self._ask(method, path, data)
            except (OSError, ValueError) as error:
                self._drop()
                raise NoAnswer(f"{self._url} does not answer: {error!r}") from error

    def _ask(self, method: str, path: str, data: bytes | None) -> tuple[int, Any]:
        if self._connection is None or self._answers is None:
            self._connection = socket.create_connection((self._host, self._port), TIMEOUT_SECONDS)
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._answers = self._connection.makefile("rb")
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Length: {len(data or b'')}\r\n"
        try:
            self._connection.sendall(f"{head}{self._headers}\r\n".encode() + (data or b""))
            status, length_bytes = _read_head(self._answers)
            return status, json.loads(self._answers.read(length_bytes) or b"null")
        except KeyboardInterrupt:  # the next request must not get this answer
            self._drop()
            raise

    def _drop(self) -> None:
        if self._answers is not None:
            self._answers.close()
            self._answers = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _read_head(answers: io.BufferedReader) -> tuple[int, int]:
    """The status and the length of the body in bytes. Raises ValueError for anything else."""
    version, _, rest = answers.readline().partition(b" ")
    if not version.startswith(b"HTTP/1."):
        raise ValueError(f"not an HTTP answer: {version!r}")
    length_bytes = 0
    while (line := answers.readline()).strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length_bytes = int(value)
    return int(rest[:3]), length_bytes
