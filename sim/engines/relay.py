"""A TCP relay that can be cut: it stands before a server, so that the server is down for whoever goes through it."""

import contextlib
import selectors
import socket
import struct
import threading
from typing import Self

CHUNK_BYTES = 65_536


class Relay:
    """Forwards 127.0.0.1:`port` to a target while it is mended; refuses and resets everything while it is cut."""

    def __init__(self, target_host: str, target_port: int) -> None:
        self._target = (target_host, target_port)
        self._lock = threading.Lock()
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._refused = 0
        self._cut = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name=f"relay-{self.port}", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def refused(self) -> int:
        """Connections turned away or reset while cut, all in all."""
        return self._refused

    def cut(self) -> None:
        """Reset what is open and, from now on, whatever connects."""
        with self._lock:
            self._cut = True
            pairs, self._pairs = self._pairs, set()
            self._refused += len(pairs)
        for ends in pairs:
            for end in ends:
                _linger_no_more(end)
                # Wakes the thread that carries; it closes, and with no lingering a close is a reset.
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RD)

    def mend(self) -> None:
        with self._lock:
            self._cut = False

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._target, timeout=5)
            except OSError:
                _reset((client,))
                continue
            self._take(client, server)

    def _take(self, client: socket.socket, server: socket.socket) -> None:
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            if self._cut:
                self._refused += 1
                _reset((client, server))
                return
            self._pairs.add((client, server))
        threading.Thread(target=self._carry, args=(client, server), daemon=True).start()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        """Both directions until either end is done."""
        with selectors.DefaultSelector() as selector, contextlib.suppress(OSError, ValueError):
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in selector.select():
                    data = key.fileobj.recv(CHUNK_BYTES)  # type: ignore[union-attr]
                    if not data:
                        self._drop(client, server)
                        return
                    key.data.sendall(data)
        self._drop(client, server)

    def _drop(self, client: socket.socket, server: socket.socket) -> None:
        with self._lock:
            self._pairs.discard((client, server))
        client.close()
        server.close()


def _reset(ends: tuple[socket.socket, ...]) -> None:
    """Close with RST: the other side shall see a reset, not a polite end."""
    for end in ends:
        _linger_no_more(end)
        end.close()


def _linger_no_more(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
