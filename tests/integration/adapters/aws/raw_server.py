"""A server that answers every request with the same bytes, or with nothing: what a proxy in front of AWS may do."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread

BLOCK_BYTES = 65_536


@dataclass
class RawServer:
    """`answer` is sent as it is, then the connection is closed. None: the connection stays open without an answer."""

    answer: bytes | None
    drip_seconds: float = 0.0
    """Between two bytes of the answer."""
    connections: int = 0
    _sockets: list[socket.socket] = field(default_factory=list)
    _ended: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        self._ended.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for each in [self._listener, *self._sockets]:
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._sockets.append(connection)
                Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self.answer is None:
                while connection.recv(BLOCK_BYTES):
                    pass
                return
            _read_request(connection)
            for piece in self._pieces(self.answer):
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(BLOCK_BYTES):
                pass

    def _pieces(self, answer: bytes) -> Iterator[bytes]:
        if not self.drip_seconds:
            yield answer
            return
        for number in range(len(answer)):
            if self._ended.wait(self.drip_seconds):
                return
            yield answer[number : number + 1]


def _read_request(connection: socket.socket) -> None:
    """Up to the end of the body, so that the client reads the answer and no reset."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (block := connection.recv(BLOCK_BYTES)):
            return
        data += block
    head, _, body = data.partition(b"\r\n\r\n")
    headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    if headers.get(b"expect") == b"100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    left = int(headers.get(b"content-length", b"0")) - len(body)
    while left > 0 and (block := connection.recv(BLOCK_BYTES)):
        left -= len(block)


@contextmanager
def answering(answer: bytes | None, drip_seconds: float = 0.0) -> Iterator[RawServer]:
    server = RawServer(answer, drip_seconds)
    try:
        yield server
    finally:
        server.stop()


def http_answer(body: bytes, *, headers: str = "", status: str = "200 OK", length_bytes: int | None = None) -> bytes:
    length = len(body) if length_bytes is None else length_bytes
    return f"HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n".encode() + body
