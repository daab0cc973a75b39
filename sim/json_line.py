"""JSON over one kept-alive HTTP connection, for what is asked many times a second of a server on this machine."""

import http.client
import json
import socket
import threading
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 10.0


class NoAnswer(Exception):
    """The server does not answer; the text says which and why."""


class JsonLine:
    """Safe for several threads. A connection that was closed meanwhile is opened again, once per request."""

    def __init__(self, url: str) -> None:
        self._connection: http.client.HTTPConnection | None = None
        address = urlsplit(url)
        self._url = url
        self._host, self._port = str(address.hostname), int(address.port or 80)
        self._lock = threading.Lock()

    def close(self) -> None:
        with self._lock:
            self._drop()

    def __del__(self) -> None:
        """A line that nobody holds any more is closed."""
        self._drop()

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and parsed body. Raises NoAnswer."""
        data = None if body is None else json.dumps(body).encode()
        with self._lock:
            kept = self._connection is not None
            try:
                return self._ask(method, path, data)
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._drop()
                if not kept:
                    raise NoAnswer(f"{self._url} does not answer: {error!r}") from error
            try:
                return self._ask(method, path, data)
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._drop()
                raise NoAnswer(f"{self._url} does not answer: {error!r}") from error

    def _ask(self, method: str, path: str, data: bytes | None) -> tuple[int, Any]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_SECONDS)
            self._connection.connect()
            self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection.request(method, path, data)
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
