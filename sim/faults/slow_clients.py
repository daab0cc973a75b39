"""What slow clients do with their connections, until their fault ends."""

import socket
import threading
from collections.abc import Callable, Sequence
from itertools import cycle

PAUSE_SECONDS = 0.05
"""Between two uploads of one client."""
END_SECONDS = 20.0


class HeldConnections:
    """Connections that stay open and are never read."""

    def __init__(self, phones: Sequence[socket.socket], has_triggered: Callable[[socket.socket], bool]) -> None:
        self._phones = phones
        self._has_triggered = has_triggered
        self._triggered_at_the_end: int | None = None

    @property
    def times_triggered(self) -> int:
        if self._triggered_at_the_end is not None:
            return self._triggered_at_the_end
        return sum(map(self._has_triggered, self._phones))

    def stop(self) -> None:
        """Close all."""
        self._triggered_at_the_end = self.times_triggered
        for phone in self._phones:
            phone.close()


def ended_by_the_api(phone: socket.socket) -> bool:
    return _peeked(phone) == b""


def answered_by_the_api(phone: socket.socket) -> bool:
    return bool(_peeked(phone))


def _peeked(phone: socket.socket) -> bytes | None:
    """What the client could read now: nothing (None), the connection's end (empty), or a byte, which stays unread."""
    timeout = phone.gettimeout()
    phone.setblocking(False)
    try:
        return phone.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return None
    except ConnectionError:
        return b""
    finally:
        phone.settimeout(timeout)


class RepeatedUploads:
    """Clients that send a body one byte a chunk, again and again."""

    def __init__(self, connect: Callable[[], socket.socket], head: bytes, body: bytes, count: int) -> None:
        self._connect = connect
        self._head = head
        self._body = body
        self._over = threading.Event()
        self._refused: list[None] = []
        """One for each upload that the API has refused; appending is atomic."""
        self._clients = [
            threading.Thread(target=self._upload, name="one-byte-chunks", daemon=True) for _ in range(count)
        ]
        for client in self._clients:
            client.start()

    @property
    def times_triggered(self) -> int:
        return len(self._refused)

    def stop(self) -> None:
        """Wait until each client has closed its connection."""
        self._over.set()
        for client in self._clients:
            client.join(END_SECONDS)

    def _upload(self) -> None:
        while not self._over.wait(PAUSE_SECONDS):
            with self._connect() as phone:
                if self._is_refused(phone):
                    self._refused.append(None)

    def _is_refused(self, phone: socket.socket) -> bool:
        """Before the end of the body the API answers only to refuse it."""
        try:
            phone.sendall(self._head)
            for byte in cycle(self._body):
                if _peeked(phone) is not None:
                    return True
                if self._over.is_set():
                    return False
                phone.sendall(b"1\r\n" + bytes([byte]) + b"\r\n")
        except ConnectionError:
            return True
        return False
