"""What people, and the apps in their hands, do to us. Each does it once, when its block begins."""

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
GONE_AFTER_BYTES = 20_000
BOUNDARY = "recording"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class ClientWorld(Protocol):
    """What these need of a world: the API, and a key to it."""

    @property
    def api(self) -> ApiServer: ...

    @property
    def credentials(self) -> Credentials: ...


def wrong_key() -> "WrongKey":
    """A recording sent with a key that nobody was given."""
    return WrongKey()


def gone_mid_upload(after_bytes: int = GONE_AFTER_BYTES) -> "GoneMidUpload":
    """A phone that loses its network in the middle of an upload: the connection is reset.

    Raises:
        ValueError: nobody is gone in the middle of nothing.
    """
    if after_bytes < 1:
        raise ValueError(f"an upload breaks off after 1 byte or more, not after {after_bytes}")
    return GoneMidUpload(after_bytes)


@dataclass
class Happened:
    """It is over; it was met if the API had to deal with it."""

    times_triggered: int

    def stop(self) -> None:
        """There is nothing to end."""


@dataclass(frozen=True)
class WrongKey:
    family: str = "people"

    def describe(self) -> str:
        return "somebody records with a wrong key"

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
class GoneMidUpload:
    after_bytes: int
    family: str = "people"

    def describe(self) -> str:
        return f"somebody's connection breaks after {self.after_bytes:,} bytes of a recording"

    def start(self, world: ClientWorld) -> Happened:
        address = urlsplit(world.api.url)
        body = _multipart(_audio())
        key = next(iter(world.credentials.tenant_keys.values()))
        with socket.create_connection((str(address.hostname), int(address.port or 80)), ANSWER_SECONDS) as phone:
            phone.sendall(_head(address.netloc, key, len(body)) + body[: min(self.after_bytes, len(body) - 1)])
            taken = _is_taken(phone)
            phone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        return Happened(int(taken))


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


def _is_taken(phone: socket.socket) -> bool:
    """Whether the API goes on listening: it says nothing before the upload is whole, unless it refuses."""
    phone.settimeout(0.2)
    try:
        phone.recv(1)
    except TimeoutError:
        return True
    return False
