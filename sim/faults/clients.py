"""Faulty clients of the API. Each acts once, when its block begins."""

import socket
import struct
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from sim import recordings
from sim.engines.base.api_server import ApiServer
from sim.engines.base.credentials import Credentials

ANSWER_SECONDS = 20.0
DISCONNECT_AFTER_BYTES = 20_000
BOUNDARY = "recording"
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
        address = urlsplit(world.api.url)
        body = _multipart(_audio())
        key = next(iter(world.credentials.tenant_keys.values()))
        with socket.create_connection((str(address.hostname), int(address.port or 80)), ANSWER_SECONDS) as phone:
            phone.sendall(_head(address.netloc, key, len(body)) + body[: min(self.after_bytes, len(body) - 1)])
            accepted = _is_still_reading(phone)
            phone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        return Happened(int(accepted))


def _audio() -> bytes:
    return recordings.variant(recordings.pick(1, 0)[0], 1)


def _multipart(audio: bytes) -> bytes:
    part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="audio"; filename="memo"\r\n\r\n'.encode()
    return part + audio + f"\r\n--{BOUNDARY}--\r\n".encode()


def _head(host: str, key: str, length_bytes: int) -> bytes:
    lines = [
        "POST /api/v1/memories HTTP/1.1",
        f"Host: {host}",
        f"X-API-Key: {key}",
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
        f"Content-Length: {length_bytes}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def _is_still_reading(phone: socket.socket) -> bool:
    """Whether the API is still reading: before the end of an upload it only responds in order to refuse it."""
    phone.settimeout(0.2)
    try:
        phone.recv(1)
    except TimeoutError:
        return True
    return False
