"""What the API adds to a request: its own process on in-memory ports, beside a Starlette application that does as much.

And what an upload costs on a world of real parts, beside the calls of S3 and SQS that it makes.
"""

import json
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.api.servers import IN_MEMORY, STARLETTE, Server, bare, bounded
from benchmarks.figures import Figure
from tests.unit.api.forms import CONTENT_TYPE, audio, form, wav

KEY = "key-of-acme"
PATH = "/api/v1/memories"
AUDIO_BYTES = 100_000
LISTED = 50
REQUESTS, FEW_REQUESTS = 1_000, 200
UPLOADS, FEW_UPLOADS = 100, 20
ROUNDS = 5

type Requests = Mapping[str, Callable[[], None]]
"""By name: sends one request and reads its answer."""


def measure(folder: Path, quick: bool) -> list[Figure]:
    requests, uploads = (FEW_REQUESTS, FEW_UPLOADS) if quick else (REQUESTS, UPLOADS)
    with bounded(IN_MEMORY, folder) as server:
        ours = _measured(Client(server).requests(), requests, uploads)
    with bare(STARLETTE, folder) as server:
        theirs = _measured(Client(server).requests(), requests, uploads)
    beside = "Starlette"
    targets = {"upload of 100 kB": 100.0, "list of 50": 200.0, "poll": 400.0, "poll, unchanged (304)": 400.0}
    return [
        Figure.of(f"{what}, one client", "requests/s", target, ours[what], theirs[what], beside, more_is_better=True)
        for what, target in targets.items()
    ]


class Client:
    """One client on one kept connection."""

    def __init__(self, server: Server) -> None:
        self._connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
        self._form = form(audio(wav(AUDIO_BYTES)))
        self._path, self._tag = "", ""

    def requests(self) -> Requests:
        """Prepares a list and a memory to ask for."""
        for _ in range(LISTED):
            self._upload()
        self._path = f"{PATH}/{json.loads(self._last)['id']}"
        return {
            "upload of 100 kB": self._upload,
            "list of 50": lambda: self._ask(f"{PATH}?limit={LISTED}", 200),
            "poll": lambda: self._ask(self._path, 200),
            "poll, unchanged (304)": lambda: self._ask(self._path, 304),
        }

    def _upload(self) -> None:
        headers = {"X-API-Key": KEY, "Content-Type": CONTENT_TYPE}
        self._last = self._send("POST", PATH, 202, self._form, headers)

    def _ask(self, path: str, status: int) -> None:
        headers = {"X-API-Key": KEY, **({"If-None-Match": self._tag} if status == 304 else {})}
        self._send("GET", path, status, None, headers)

    def _send(self, method: str, path: str, status: int, body: bytes | None, headers: dict[str, str]) -> bytes:
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != status:
            raise RuntimeError(f"{method} {path}: {answer.status}, not {status}")
        self._tag = answer.headers.get("ETag") or self._tag
        return content


def _measured(requests: Requests, count: int, uploads: int) -> dict[str, list[float]]:
    """Requests a second, several times."""
    return {
        what: [_rate(send, uploads if what.startswith("upload") else count) for _ in range(ROUNDS)]
        for what, send in requests.items()
    }


def _rate(send: Callable[[], None], count: int) -> float:
    began = time.perf_counter()
    for _ in range(count):
        send()
    return count / (time.perf_counter() - began)
