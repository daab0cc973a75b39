"""One ASGI request without a server, to see how much of the body the app reads, and when."""

import asyncio
import json
from collections.abc import Iterable, Iterator
from typing import Any

from tests.unit.api.forms import CONTENT_TYPE


class Exchange:
    """`POST /api/v1/memories` with a body in chunks; None in it is a client that disconnects."""

    def __init__(self, chunks: Iterable[bytes | None], *, content_length: int | None = None, key: str = "key-of-acme"):
        self._chunks: Iterator[bytes | None] = iter(chunks)
        self.consumed_bytes = 0
        self.consumed_bytes_at_answer: int | None = None
        self.sent: list[dict[str, Any]] = []
        length = ("transfer-encoding", "chunked") if content_length is None else ("content-length", str(content_length))
        self._headers = [("x-api-key", key), ("content-type", CONTENT_TYPE), length]

    def run(self, app: Any) -> "Exchange":
        asyncio.run(asyncio.wait_for(app(self._scope(), self._receive, self._send), timeout=20))
        return self

    @property
    def status(self) -> int:
        return self.sent[0]["status"]

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode().lower(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def json(self) -> Any:
        return json.loads(b"".join(message.get("body", b"") for message in self.sent[1:]))

    @property
    def is_complete(self) -> bool:
        return self.sent[-1]["type"] == "http.response.body" and not self.sent[-1].get("more_body", False)

    def _scope(self) -> dict[str, Any]:
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/api/v1/memories",
            "raw_path": b"/api/v1/memories",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in self._headers],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }

    async def _receive(self) -> dict[str, Any]:
        await asyncio.sleep(0)  # as a socket does: other tasks run, timeouts included
        chunk = next(self._chunks, b"")
        if chunk is None:
            return {"type": "http.disconnect"}
        self.consumed_bytes += len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": bool(chunk)}

    async def _send(self, message: dict[str, Any]) -> None:
        if message.get("body"):
            self.consumed_bytes_at_answer = self.consumed_bytes
        self.sent.append(message)
