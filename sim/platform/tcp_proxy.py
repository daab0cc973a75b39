"""A TCP proxy in front of a server, which can simulate a failing network for its clients.

It can refuse and reset connections, hold new ones, delay answers, or drop all data silently. Delays are in real time:
clients measure their socket timeouts by a monotonic clock, which virtual time does not change.
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
    """Forwards `port` to a target; while it is cut, it resets every connection."""

    def __init__(self, target_host: str, target_port: int, listen: str = "127.0.0.1") -> None:
        """`listen` is the address that it listens on; the kernel chooses the port."""
        self._target = (target_host, target_port)
        self._lock = threading.Lock()
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._refused = 0
        self._delayed = 0
        self._dropped = 0
        self._cut = False
        self._delay_seconds = 0.0
        self._dropping = False
        self._held = 0
        self._release: threading.Event | None = None
        self._at_first: Callable[[], object] | None = None
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
        """How many connections it has reset, or could not open because the server was down."""
        return self._refused

    @property
    def delayed(self) -> int:
        """How many answers it has delayed."""
        return self._delayed

    @property
    def dropped(self) -> int:
        """How many pieces of data it has dropped."""
        return self._dropped

    @property
    def held(self) -> int:
        """How many connections it has accepted and held before it connected them to the server."""
        return self._held

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        with self._lock:
            return len(self._pairs)

    def cut(self) -> None:
        """Reset all connections, and every new one until `restore`."""
        with self._lock:
            self._cut = True
        self.reset_all()

    def reset_all(self) -> int:
        """Reset all connections once; new ones are served. Returns how many there were."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
            self._refused += len(pairs)
        for ends in pairs:
            for end in ends:
                _disable_lingering(end)
                # Wakes the forwarding thread, which closes; without lingering, a close is a reset.
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RD)
        return len(pairs)

    def slow_down(self, delay_seconds: float) -> None:
        """Delay every answer of the server, in real time."""
        self._delay_seconds = delay_seconds

    def drop_data(self) -> None:
        """Drop all data in both directions without closing anything, until `restore`."""
        self._dropping = True

    def hold_new(self, release: threading.Event, at_first: Callable[[], object]) -> None:
        """Accept new connections, but connect them to the server only when `release` is set, or at `restore`.

        `at_first` is called for the first one.
        """
        self._at_first, self._release = at_first, release

    def restore(self) -> None:
        """Forward everything again. Connections that lost data are reset."""
        if self._release is not None:
            self._release.set()
            self._release = None
        lost_data, self._dropping = self._dropping, False
        self._delay_seconds = 0.0
        with self._lock:
            self._cut = False
        if lost_data:
            self.reset_all()

    def close(self) -> None:
        self._closed.set()
        if self._release is not None:
            self._release.set()
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            release = self._release
            if release is not None and not release.is_set():
                with self._lock:
                    self._held += 1
                if self._at_first is not None:
                    self._at_first()
                    self._at_first = None
                threading.Thread(target=self._hold, args=(client, release), daemon=True).start()
            else:
                self._connect(client)

    def _hold(self, client: socket.socket, release: threading.Event) -> None:
        release.wait()
        self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._target, timeout=5)
        except OSError:
            with self._lock:
                self._refused += 1
            _reset((client,))
        else:
            self._accept_pair(client, server)

    def _accept_pair(self, client: socket.socket, server: socket.socket) -> None:
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            if self._cut:
                self._refused += 1
                _reset((client, server))
                return
            self._pairs.add((client, server))
        threading.Thread(target=self._forward, args=(client, server), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        """Forward both directions until either end closes."""
        stream_filter = self._new_filter()
        with (
            selectors.DefaultSelector() as selector,
            contextlib.suppress(OSError, ValueError),
            _reset_on_request(client, server),
        ):
            selector.register(client, selectors.EVENT_READ, (server, stream_filter.from_client))
            selector.register(server, selectors.EVENT_READ, (client, self._delayed_answers(stream_filter.from_server)))
            while True:
                for key, _ in selector.select():
                    data = key.fileobj.recv(CHUNK_BYTES)  # type: ignore[union-attr]
                    if not data:
                        self._discard(client, server)
                        return
                    other_end, treat = key.data
                    if self._dropping:
                        self._dropped += 1
                    elif treated := treat(data):
                        other_end.sendall(treated)
        self._discard(client, server)

    def _new_filter(self) -> "StreamFilter":
        """The filter for the data of one connection."""
        return StreamFilter()

    def _delayed_answers(self, treat: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
        def treat_late(data: bytes) -> bytes:
            if self._delay_seconds:
                self._delayed += 1
                self._closed.wait(self._delay_seconds)
            return treat(data)

        return treat_late

    def _discard(self, client: socket.socket, server: socket.socket) -> None:
        with self._lock:
            self._pairs.discard((client, server))
        client.close()
        server.close()


class ResetConnection(Exception):
    """The proxy has to reset this connection and forward nothing more."""


@contextlib.contextmanager
def _reset_on_request(*ends: socket.socket) -> Iterator[None]:
    try:
        yield
    except ResetConnection:
        for end in ends:
            _disable_lingering(end)


class StreamFilter:
    """Passes all data. Subclasses may change it, or raise ResetConnection."""

    def from_client(self, data: bytes) -> bytes:
        return data

    def from_server(self, data: bytes) -> bytes:
        return data


def _reset(ends: tuple[socket.socket, ...]) -> None:
    """Close with RST, so that the other side sees a reset and not an orderly end."""
    for end in ends:
        _disable_lingering(end)
        end.close()


def _disable_lingering(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
