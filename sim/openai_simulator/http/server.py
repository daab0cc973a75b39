"""A small HTTP/1.1 server over asyncio and h11 whose handler can fail a connection in every way.

Web frameworks and their servers hide the socket. This one exposes it, because half of the faults are things that a
correct server never does: reset, stop in the middle, send a byte at a time, send nothing at all
(docs/decisions/0011-hand-written-parsers.md).
"""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import h11

READ_BYTES = 1 << 16
SMALL_CHUNKS, CHUNK_BYTES = 64, 256
"""After so many chunks the average must not be smaller: h11 is Python, and takes 20 µs for a chunk."""
CONNECTIONS = 512
"""At once. The next one resets the one that has waited longest for a request; where all are busy, it gets 503."""
KEPT_BODY_BYTES = 1 << 25  # a larger body is only counted; OpenAI takes none over 25 MiB


class ClientDisconnected(Exception):
    """The client disconnected before its answer was sent."""


@dataclass(frozen=True)
class Answer:
    """A whole HTTP response; one with pieces is sent without a Content-Length, each piece as a chunk."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    pieces: tuple[bytes, ...] = ()

    @classmethod
    def of_json(cls, status: int, value: Any, **headers: str) -> "Answer":
        body = json.dumps(value, ensure_ascii=False).encode()
        return cls(status, body, {"content-type": "application/json", **headers})

    @classmethod
    def of_pieces(cls, status: int, pieces: Iterable[bytes], headers: dict[str, str]) -> "Answer":
        chunks = tuple(pieces)
        return cls(status, b"".join(chunks), headers, chunks)

    def with_headers(self, more: dict[str, str]) -> "Answer":
        return replace(self, headers={**more, **self.headers})


class Exchange:
    """One request, and every way to answer it or to fail it."""

    def __init__(self, connection: "Connection", request: h11.Request) -> None:
        self._connection = connection
        self.method = request.method.decode()
        self.path, _, self.query = request.target.decode("latin-1").partition("?")
        self.headers = {name.decode().lower(): value.decode("latin-1") for name, value in request.headers}
        self.body = b""
        self.body_bytes = 0

    async def read_body(self) -> bytes:
        """Read the body; one over `KEPT_BODY_BYTES` is only counted, in `body_bytes`, and returned empty.

        Raises:
            ClientDisconnected: the client disconnected while sending it.
        """
        pieces: list[bytes] = []
        async for piece in self._connection.body():
            self.body_bytes += len(piece)
            pieces.append(piece)
            if self.body_bytes > KEPT_BODY_BYTES:
                pieces.clear()
        self.body = b"".join(pieces)
        return self.body

    async def unless_disconnected[T](self, work: Awaitable[T]) -> T:
        """Do the work, but cancel it when the client disconnects meanwhile.

        Raises:
            ClientDisconnected: the client disconnected first.
        """
        return await self._connection.unless_disconnected(work)

    async def send(self, answer: Answer) -> None:
        await self._connection.send_head(answer)
        for piece in answer.pieces or (answer.body,):
            await self._connection.send_body(piece)
        await self._connection.finish()

    async def send_piecewise(self, answer: Answer, piece_bytes: int, pause: Callable[[], Awaitable[None]]) -> None:
        """Send the head at once and the body in pieces, pausing before each."""
        await self._connection.send_head(answer)
        for start in range(0, len(answer.body), piece_bytes):
            await self.unless_disconnected(pause())
            await self._connection.send_body(answer.body[start : start + piece_bytes])
        await self._connection.finish()

    async def send_half(self, answer: Answer) -> None:
        """Announce the whole body, send half of it and close; of a stream, the last chunk is never sent."""
        await self._connection.send_head(answer)
        await self._connection.send_body(answer.body[: len(answer.body) // 2])
        await self._connection.close()

    async def close(self) -> None:
        """End the connection in order, without an answer."""
        await self._connection.close()

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        self._connection.reset()


Handler = Callable[[Exchange], Awaitable[None]]


class Connection:
    """One client's connection, request after request."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handle: Handler) -> None:
        self._reader, self._writer, self._handle = reader, writer, handle
        self._protocol = h11.Connection(h11.SERVER)
        self._reading: asyncio.Task[bytes] | None = None
        self._is_head = False
        """The answer to HEAD has the length of a body, and no body."""

    @property
    def is_idle(self) -> bool:
        """No request has been received that is not answered."""
        return self._protocol.their_state is h11.IDLE

    async def refuse_busy(self) -> None:
        """Answer 503 to a client of one connection too many."""
        with suppress(ConnectionError):
            self._writer.write(_BUSY)
            await self._writer.drain()
        self._writer.close()

    async def run(self) -> None:
        """Serve until either side closes the connection."""
        try:
            while (request := await self._next_request()) is not None:
                await self._handle(Exchange(self, request))
                if self._protocol.our_state is not h11.DONE or self._protocol.their_state is not h11.DONE:
                    break
                self._protocol.start_next_cycle()
        except (ClientDisconnected, ConnectionError):
            pass
        except h11.RemoteProtocolError as error:
            await self._refuse_malformed(error)
        finally:
            if self._reading is not None:
                self._reading.cancel()
            self._writer.close()

    async def body(self) -> Any:
        """The request's body, piece by piece. Raises h11.RemoteProtocolError for too many small chunks."""
        chunks = body_bytes = 0
        while True:
            event = await self._next_event()
            if isinstance(event, h11.Data):
                chunks += event.chunk_start
                body_bytes += len(event.data)
                if (chunks - SMALL_CHUNKS) * CHUNK_BYTES > body_bytes:
                    raise h11.RemoteProtocolError("too many small chunks", error_status_hint=400)
                yield bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return
            else:
                raise ClientDisconnected

    async def unless_disconnected[T](self, work: Awaitable[T]) -> T:
        working = asyncio.ensure_future(work)
        try:
            while not working.done():
                reading = self._read()
                await asyncio.wait((working, reading), return_when=asyncio.FIRST_COMPLETED)
                if reading.done() and not working.done():
                    self._take(reading)
            return working.result()
        finally:
            working.cancel()

    async def send_head(self, answer: Answer) -> None:
        # Without a length h11 sends chunks, or to a client of HTTP/1.0 everything until the end of the connection.
        length = [] if answer.pieces else [("content-length", str(len(answer.body)))]
        headers = [*answer.headers.items(), *length]
        await self._write(self._protocol.send(h11.Response(status_code=answer.status, headers=headers)))

    async def send_body(self, data: bytes) -> None:
        if not self._is_head:
            await self._write(self._protocol.send(h11.Data(data=data)))

    async def finish(self) -> None:
        await self._write(self._protocol.send(h11.EndOfMessage()))

    async def close(self) -> None:
        self._protocol.send_failed()
        self._writer.close()

    def reset(self) -> None:
        """SO_LINGER with zero seconds makes closing send RST instead of FIN (socket(7))."""
        self._protocol.send_failed()
        raw: socket.socket = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def _next_request(self) -> h11.Request | None:
        event = await self._next_event()
        if not isinstance(event, h11.Request):
            return None
        self._is_head = event.method == b"HEAD"
        return event

    async def _next_event(self) -> Any:
        while (event := self._protocol.next_event()) is h11.NEED_DATA:
            if self._protocol.they_are_waiting_for_100_continue:
                go_ahead = h11.InformationalResponse(status_code=100, headers=[])
                await self._write(self._protocol.send(go_ahead))
            reading = self._read()
            await asyncio.wait((reading,))
            self._take(reading)
        return event

    def _read(self) -> asyncio.Task[bytes]:
        """The one read in progress; it outlives a request, so that a disconnect is noticed while answering."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._reader.read(READ_BYTES))
        return self._reading

    def _take(self, reading: asyncio.Task[bytes]) -> None:
        """Pass the bytes read to the protocol.

        Raises:
            ClientDisconnected: they were the end, and a request had begun.
        """
        self._reading = None
        try:
            data = reading.result()
        except ConnectionError as error:
            raise ClientDisconnected from error
        self._protocol.receive_data(data)
        if not data and self._protocol.their_state is not h11.IDLE:
            raise ClientDisconnected

    async def _write(self, data: bytes | None) -> None:
        if self._writer.is_closing():
            raise ClientDisconnected
        try:
            self._writer.write(data or b"")
            await self._writer.drain()
        except ConnectionError as error:
            raise ClientDisconnected from error

    async def _refuse_malformed(self, error: h11.RemoteProtocolError) -> None:
        if self._protocol.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            answer = Answer.of_json(error.error_status_hint, {"error": str(error)}, connection="close")
            await self.send_head(answer)
            await self.send_body(answer.body)


_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


async def serve(handle: Handler, host: str, port: int) -> tuple[asyncio.Server, set[asyncio.Task[None]]]:
    """Listen; returns the server and the set of the connections' tasks, which a shutdown has to end."""
    tasks: set[asyncio.Task[None]] = set()
    connections: dict[Connection, None] = {}  # the order is that of their starts

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        connection = Connection(reader, writer, handle)
        if len(connections) >= CONNECTIONS:
            idle = next((each for each in connections if each.is_idle), None)
            if idle is None:
                await connection.refuse_busy()
                return
            connections.pop(idle)
            idle.reset()
        connections[connection] = None
        try:
            await connection.run()
        finally:
            connections.pop(connection, None)

    return await asyncio.start_server(connected, host, port, backlog=1024), tasks
