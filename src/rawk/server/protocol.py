"""uvicorn's HTTP/1.1 connection over h11, with bounds: see `rawk.server.limits`.

h11 is Python: for every chunk of a body it takes 20 µs, so that four clients without a key could keep the event loop
busy with chunks of one byte. It gets the data in pieces, and a body of too many small chunks ends its connection.

h11 is also lenient. A head that a proxy in front may read in another way is refused: where the two disagree about the
end of a request, its sender can put another one behind it (RFC 9112, 11.2).
"""

import asyncio
import re
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from rawk.server.connections import Connections
from rawk.server.limits import Limits
from rawk.server.refusals import refusal

_LENIENT = re.compile(rb"(?<!\r)\n|\n[ \t]")
"""A line that ends without a carriage return (RFC 9112, 2.2), or goes on in the next one (5.2)."""


class BoundedParser(h11.Connection):
    """Raises RemoteProtocolError for a body of too many small chunks, and for an ambiguous head."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(h11.SERVER, max_incomplete_event_size=limits.piece_bytes)
        self._limits = limits
        self._chunks = self._body_bytes = 0

    def next_event(self) -> Any:
        waits_for_a_head = self.their_state is h11.IDLE
        received = self.trailing_data[0] if waits_for_a_head else b""
        event = super().next_event()
        if isinstance(event, h11.Request):
            _refuse_ambiguous(event, received[: len(received) - len(self.trailing_data[0])])
            self._chunks = self._body_bytes = 0
        elif isinstance(event, h11.Data):
            self._chunks += event.chunk_start
            self._body_bytes += len(event.data)
            if (self._chunks - self._limits.small_chunks) * self._limits.chunk_bytes > self._body_bytes:
                raise h11.RemoteProtocolError("too many small chunks", error_status_hint=400)
        return event


def _refuse_ambiguous(request: h11.Request, head: bytes) -> None:
    names = {name for name, _ in request.headers}
    if {b"content-length", b"transfer-encoding"} <= names:  # RFC 9112, 6.1
        raise h11.RemoteProtocolError("both Content-Length and Transfer-Encoding", error_status_hint=400)
    if not request.http_version.startswith(b"1."):
        raise h11.RemoteProtocolError("another major version of HTTP", error_status_hint=505)
    if _LENIENT.search(head):
        raise h11.RemoteProtocolError("a line of the head ends or continues in an obsolete way", error_status_hint=400)


class BoundedConnection(H11Protocol):
    """A server makes a subclass with its own `all`."""

    limits: ClassVar[Limits]
    all: ClassVar[Connections]

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.conn = BoundedParser(self.limits)
        self.address = ""
        self._idle_since = self._ended_at = self._unread_since = 0.0
        self._unread_bytes = 0
        self._between_requests = False
        """Nothing has come since the last response; uvicorn ends such a connection after `idle_seconds`."""
        self._ended = False
        """Our last byte is written; what still comes is discarded."""

    # the connection's life

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        self._idle_since = self.loop.time()
        if (status := self.all.admit(self)) is not None:
            self._refuse(status)

    def connection_lost(self, exc: Exception | None) -> None:
        self.all.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._between_requests:
            self._between_requests, self._idle_since = False, self.loop.time()
        rest = memoryview(data)
        while rest and not self._ended and not self.transport.is_closing():
            super().data_received(bytes(rest[: self.limits.piece_bytes]))
            rest = rest[self.limits.piece_bytes :]

    def on_response_complete(self) -> None:
        self._idle_since = self.loop.time()
        self._between_requests = not self.conn.trailing_data[0]
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """uvicorn calls this for whatever h11 refuses, in the middle of a body, too."""
        self.all.count("malformed")
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if self.cycle.response_started:
                self._ended = True
                self.transport.close()
                return
        self._refuse(400)

    def shutdown(self) -> None:
        if self._ended:
            self.transport.close()
        else:
            super().shutdown()

    # what `Connections` needs

    @property
    def waits_for_a_head_since(self) -> float | None:
        idle = self.cycle is None or self.cycle.response_complete
        return self._idle_since if idle and not self._ended else None

    def reset(self) -> None:
        self._ended = True
        self.transport.abort()

    def check(self, now: float) -> str | None:
        if self._ended or self.transport.is_closing():
            self._check_end(now)
            return None
        waiting_since = self.waits_for_a_head_since
        late = waiting_since is not None and now - waiting_since >= self.limits.head_seconds
        if late and not self._between_requests:
            self._refuse(408)
            return "head_late"
        return self._check_reading(now)

    def _check_end(self, now: float) -> None:
        """The client reads its last response and closes, or its connection is reset."""
        self._ended_at = self._ended_at or now
        patience_seconds = self.limits.refusal_seconds if self._ended else self.limits.unread_seconds
        if now - self._ended_at >= patience_seconds:
            self.transport.abort()

    def _check_reading(self, now: float) -> str | None:
        unread_bytes = self.transport.get_write_buffer_size()
        if not unread_bytes or unread_bytes < self._unread_bytes or not self._unread_bytes:
            self._unread_since = now
        self._unread_bytes = unread_bytes
        if unread_bytes and now - self._unread_since >= self.limits.unread_seconds:
            self.reset()
            return "unread"
        return None

    def _refuse(self, status: int) -> None:
        """Send a whole response and close our half. A client that still sends would lose the response by a reset."""
        self._ended, self._ended_at = True, self.loop.time()
        self._unset_keepalive_if_required()
        if not self.transport.is_closing():
            self.flow.resume_reading()
            self.transport.write(refusal(status))
            try:
                self.transport.write_eof()
            except OSError:  # the client has reset the connection, which asyncio has not noticed yet
                self.transport.abort()
