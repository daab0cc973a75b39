"""The messages that a client sends to Postgres: enough of the protocol to know which statement it executes.

https://www.postgresql.org/docs/16/protocol-message-formats.html. Messages of the server are not parsed.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_START_CODES = frozenset({80877103, 80877104, 196608, 80877102})
"""TLS, GSS, version 3.0, cancel: messages without a type, which come before all others."""
_VERSION_3 = 196608


@dataclass(frozen=True)
class Message:
    """One message, unchanged; `statement` is the SQL text that it executes, if any."""

    raw: bytes
    statement: str | None = None


class ClientStream:
    """Splits the data of one connection into messages."""

    def __init__(self) -> None:
        self._buffer = b""
        self._begun = False
        self._prepared: dict[bytes, str] = {}

    def feed(self, data: bytes) -> Iterator[Message]:
        """Every message that is complete after this data."""
        self._buffer += data
        while (raw := self._next()) is not None:
            yield self._read(raw) if self._begun else self._read_start(raw)

    def _next(self) -> bytes | None:
        head = 1 if self._begun else 0
        if len(self._buffer) < head + 4:
            return None
        (length,) = struct.unpack_from("!I", self._buffer, head)
        if len(self._buffer) < head + length:
            return None
        raw, self._buffer = self._buffer[: head + length], self._buffer[head + length :]
        return raw

    def _read_start(self, raw: bytes) -> Message:
        (code,) = struct.unpack_from("!I", raw, 4)
        if code not in _START_CODES:
            raise ValueError(f"not a Postgres client: its first message is {raw[:8]!r}")
        self._begun = code == _VERSION_3
        return Message(raw)

    def _read(self, raw: bytes) -> Message:
        kind, body = raw[:1], raw[5:]
        if kind == b"Q":
            return Message(raw, _text(body))
        if kind == b"P":
            name, query = body.split(b"\0", 2)[:2]
            self._prepared[name] = query.decode("utf-8", "replace")
        elif kind == b"B":
            name = body.split(b"\0", 2)[1]
            return Message(raw, self._prepared.get(name))
        return Message(raw)


def query_message(statement: str) -> bytes:
    """A simple query message."""
    body = statement.encode() + b"\0"
    return b"Q" + struct.pack("!I", len(body) + 4) + body


def _text(body: bytes) -> str:
    return body.rstrip(b"\0").decode("utf-8", "replace")
