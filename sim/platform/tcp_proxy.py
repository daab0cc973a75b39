"""A TCP proxy that stands before a server, so that the network in between can be bad for whoever goes through it.

It can be cut (refused and reset), slow, or swallow everything without a word. Delays are in real time: clients measure
their patience with a socket by a monotonic clock, which stays real in a simulated world.
"""

import contextlib
import selectors
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Self

CHUNK_BYTES = 65_536


class TcpProxy:
    """Forwards `port` to a target while it is mended; refuses and resets everything while it is cut."""

    def __init__(self, target_host: str, target_port: int, listen: str = "127.0.0.1") -> None:
        """`listen` is the address that it stands at."""
        self._target = (target_host, target_port)
        self._lock = threading.Lock()
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._refused = 0
        self._delayed = 0
        self._swallowed = 0
        self._cut = False
        self._delay_seconds = 0.0
        self._swallowing = False
        self._closed = threading.Event()
        self._listener = socket.create_server((listen, 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name=f"proxy-{self.port}", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def refused(self) -> int:
        """Connections that were turned away, reset while cut, or that the server was not there for; all in all."""
        return self._refused

    @property
    def delayed(self) -> int:
        """Answers held up by a slow network, all in all."""
        return self._delayed

    @property
    def swallowed(self) -> int:
        """Pieces of data that got lost in a black hole, all in all."""
        return self._swallowed

    @property
    def open_connections(self) -> int:
        """How many there are now."""
        with self._lock:
            return len(self._pairs)

    def cut(self) -> None:
        """Reset what is open and, from now on, whatever connects."""
        with self._lock:
            self._cut = True
        self.reset_all()

    def reset_all(self) -> int:
        """Reset what is open now; who connects again is served. Gives how many connections that were."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
            self._refused += len(pairs)
        for ends in pairs:
            for end in ends:
                _linger_no_more(end)
                # Wakes the thread that carries; it closes, and with no lingering a close is a reset.
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RD)
        return len(pairs)

    def slow_down(self, delay_seconds: float) -> None:
        """Hold up every answer for so long, in real time."""
        self._delay_seconds = delay_seconds

    def swallow(self) -> None:
        """From now on nothing gets through, and nobody is told."""
        self._swallowing = True

    def mend(self) -> None:
        """Be a good network again. Connections with a hole in them are reset."""
        had_a_hole, self._swallowing = self._swallowing, False
        self._delay_seconds = 0.0
        with self._lock:
            self._cut = False
        if had_a_hole:
            self.reset_all()

    def close(self) -> None:
        self._closed.set()
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
                with self._lock:
                    self._refused += 1
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
        passage = self._passage()
        with (
            selectors.DefaultSelector() as selector,
            contextlib.suppress(OSError, ValueError),
            _cut_short(client, server),
        ):
            selector.register(client, selectors.EVENT_READ, (server, passage.from_client))
            selector.register(server, selectors.EVENT_READ, (client, self._held_up(passage.from_server)))
            while True:
                for key, _ in selector.select():
                    data = key.fileobj.recv(CHUNK_BYTES)  # type: ignore[union-attr]
                    if not data:
                        self._drop(client, server)
                        return
                    other_end, treat = key.data
                    if self._swallowing:
                        self._swallowed += 1
                    elif treated := treat(data):
                        other_end.sendall(treated)
        self._drop(client, server)

    def _passage(self) -> "Passage":
        """What looks at the data of one connection."""
        return Passage()

    def _held_up(self, treat: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
        def treat_late(data: bytes) -> bytes:
            if self._delay_seconds:
                self._delayed += 1
                self._closed.wait(self._delay_seconds)
            return treat(data)

        return treat_late

    def _drop(self, client: socket.socket, server: socket.socket) -> None:
        with self._lock:
            self._pairs.discard((client, server))
        client.close()
        server.close()


class CutShort(Exception):
    """This connection shall be reset, and nothing more shall get through."""


@contextlib.contextmanager
def _cut_short(*ends: socket.socket) -> Iterator[None]:
    try:
        yield
    except CutShort:
        for end in ends:
            _linger_no_more(end)


class Passage:
    """Lets everything through. Others may change it, or raise CutShort to reset the connection."""

    def from_client(self, data: bytes) -> bytes:
        return data

    def from_server(self, data: bytes) -> bytes:
        return data


def _reset(ends: tuple[socket.socket, ...]) -> None:
    """Close with RST: the other side shall see a reset, not a polite end."""
    for end in ends:
        _linger_no_more(end)
        end.close()


def _linger_no_more(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
