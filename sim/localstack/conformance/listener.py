"""A TCP listener on this machine's loopback that functions connect to, as they do to Postgres and to OpenAI."""

import contextlib
import socket
import threading
from datetime import timedelta
from typing import Self


class Listener:
    """Accepts connections and keeps all of them open until it is closed."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self._changed = threading.Condition()
        self.address: tuple[str, int] = self._server.getsockname()
        threading.Thread(target=self._accept, name="conformance-listener", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)  # close alone does not wake the thread in accept
        self._server.close()
        with self._changed:
            for connection in self._connections:
                connection.close()

    @property
    def connections(self) -> int:
        """How many connections were accepted so far."""
        with self._changed:
            return len(self._connections)

    def wait_for(self, connections: int, within: timedelta) -> bool:
        """Whether that many connections were open at the same time, within this time."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._connections) >= connections, within.total_seconds())

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                connection, _ = self._server.accept()
                with self._changed:
                    self._connections.append(connection)
                    self._changed.notify_all()
