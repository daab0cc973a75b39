"""Faulty clients of the API. Each acts once, when its block begins; those that hold connections, until it ends."""

import socket
import struct
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from sim import recordings
from sim.engines.base.api_server import ApiServer
from sim.engines.base.credentials import Credentials
from sim.faults.slow_clients import HeldConnections, RepeatedUploads, answered_by_the_api, ended_by_the_api

ANSWER_SECONDS = 20.0
DISCONNECT_AFTER_BYTES = 20_000
BOUNDARY = "recording"
_CONTENT_TYPE = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class ClientWorld(Protocol):
    """What these faults need: the API and a key to it."""

    @property
    def api(self) -> ApiServer: ...

    @property
    def credentials(self) -> Credentials: ...


def wrong_key() -> "WrongKey":
    """One upload with an unknown API key. Triggered by the API's 401."""
    return WrongKey()


def disconnected_mid_upload(after_bytes: int = DISCONNECT_AFTER_BYTES) -> "DisconnectedMidUpload":
    """One upload whose connection is reset after so many bytes, as when a phone loses its network.

    Raises:
        ValueError: `after_bytes` is less than 1.
    """
    if after_bytes < 1:
        raise ValueError(f"an upload is disconnected after 1 byte or more, not after {after_bytes}")
    return DisconnectedMidUpload(after_bytes)


def silent_connections(count: int = 300) -> "SilentConnections":
    """So many connections that send nothing: more than one address may have. Triggered when the API ends one.

    Raises:
        ValueError: `count` is less than 1.
    """
    _require_some(count)
    return SilentConnections(count)


def unread_event_streams(memory_id: str, count: int = 50) -> "UnreadEventStreams":
    """So many clients of the first tenant open a memory's event stream and never read it. Triggered by the API's
    answers.

    Raises:
        ValueError: `count` is less than 1.
    """
    _require_some(count)
    return UnreadEventStreams(memory_id, count)


def one_byte_chunks(count: int = 4) -> "OneByteChunks":
    """So many clients that upload one byte a chunk, and connect again whenever the API refuses it. Triggered by each
    refusal.

    Raises:
        ValueError: `count` is less than 1.
    """
    _require_some(count)
    return OneByteChunks(count)


def _require_some(count: int) -> None:
    if count < 1:
        raise ValueError(f"a fault of clients needs 1 or more, not {count}")


@dataclass
class Happened:
    """The action is over. It was triggered if the API had to handle it."""

    times_triggered: int

    def stop(self) -> None:
        """Nothing is left to undo."""


@dataclass(frozen=True)
class WrongKey:
    family: str = "clients"

    def describe(self) -> str:
        return "a client uploads with an unknown API key"

    def start(self, world: ClientWorld) -> Happened:
        answer = httpx.post(
            f"{world.api.url}/api/v1/memories",
            files={"audio": ("memo", _audio())},
            headers={"X-API-Key": "not-a-key"},
            timeout=ANSWER_SECONDS,
            trust_env=False,
        )
        return Happened(int(answer.status_code == 401))


@dataclass(frozen=True)
class DisconnectedMidUpload:
    after_bytes: int
    family: str = "clients"

    def describe(self) -> str:
        return f"a client's connection is reset after {self.after_bytes:,} bytes of an upload"

    def start(self, world: ClientWorld) -> Happened:
        body = _multipart(_audio())
        lines = [*_common_lines(world), _CONTENT_TYPE, f"Content-Length: {len(body)}"]
        with _connected(world) as phone:
            phone.sendall(
                _as_head(["POST /api/v1/memories HTTP/1.1", *lines]) + body[: min(self.after_bytes, len(body) - 1)]
            )
            accepted = _is_still_reading(phone)
            phone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        return Happened(int(accepted))


@dataclass(frozen=True)
class SilentConnections:
    count: int
    family: str = "clients"

    def describe(self) -> str:
        return f"{self.count} connections send nothing"

    def start(self, world: ClientWorld) -> HeldConnections:
        return HeldConnections([_connected(world) for _ in range(self.count)], ended_by_the_api)


@dataclass(frozen=True)
class UnreadEventStreams:
    memory_id: str
    count: int
    family: str = "clients"

    def describe(self) -> str:
        return f"{self.count} clients open an event stream and never read it"

    def start(self, world: ClientWorld) -> HeldConnections:
        lines = [f"GET /api/v1/memories/{self.memory_id}/events HTTP/1.1", *_common_lines(world)]
        phones = [_connected(world) for _ in range(self.count)]
        for phone in phones:
            phone.sendall(_as_head(lines))
        return HeldConnections(phones, answered_by_the_api)


@dataclass(frozen=True)
class OneByteChunks:
    count: int
    family: str = "clients"

    def describe(self) -> str:
        return f"{self.count} clients upload one byte a chunk"

    def start(self, world: ClientWorld) -> RepeatedUploads:
        lines = ["POST /api/v1/memories HTTP/1.1", *_common_lines(world), _CONTENT_TYPE, "Transfer-Encoding: chunked"]
        return RepeatedUploads(lambda: _connected(world), _as_head(lines), _multipart(_audio()), self.count)


def _connected(world: ClientWorld) -> socket.socket:
    address = urlsplit(world.api.url)
    return socket.create_connection((str(address.hostname), int(address.port or 80)), ANSWER_SECONDS)


def _common_lines(world: ClientWorld) -> list[str]:
    key = next(iter(world.credentials.tenant_keys.values()))
    return [f"Host: {urlsplit(world.api.url).netloc}", f"X-API-Key: {key}"]


def _as_head(lines: list[str]) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode()


def _audio() -> bytes:
    return recordings.variant(recordings.pick(1, 0)[0], 1)


def _multipart(audio: bytes) -> bytes:
    part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="audio"; filename="memo"\r\n\r\n'.encode()
    return part + audio + f"\r\n--{BOUNDARY}--\r\n".encode()


def _is_still_reading(phone: socket.socket) -> bool:
    """Whether the API is still reading: before the end of an upload it only responds in order to refuse it."""
    phone.settimeout(0.2)
    try:
        phone.recv(1)
    except TimeoutError:
        return True
    return False
