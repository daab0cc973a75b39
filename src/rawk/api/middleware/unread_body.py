"""Refusal of a request without reading its whole body, so that the client still receives the response.

If a server closes a connection with unread bytes, the kernel resets it, and the reset may overtake the response; if the
server keeps the connection, it must read the rest, however long. So we send the whole response with `Connection:
close`, and discard further bytes until the client closes the connection or a limit is reached. nginx calls this a
lingering close (https://nginx.org/en/docs/http/ngx_http_core_module.html#lingering_close).
"""

from contextlib import suppress

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rawk.config import MAX_RECORDING_BYTES

LINGER_SECONDS = 10.0
LINGER_IDLE_SECONDS = 2.0
LINGER_BYTES = 2 * MAX_RECORDING_BYTES
"""Most clients read nothing before they have sent everything: clients of slightly too large files must get the 413."""


class UnreadBody:
    """ASGI middleware; must be the outermost one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _has_body(Headers(scope=scope)):
            exchange = _Exchange(receive, send)
            await self._app(scope, exchange.receive, exchange.send)
        else:
            await self._app(scope, receive, send)


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


class _Exchange:
    """One request with a body, and its response."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._body_is_read = False
        self._closing = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            self._body_is_read = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._closing = not self._body_is_read
            if self._closing:
                MutableHeaders(scope=message)["Connection"] = "close"
        last = message["type"] == "http.response.body" and not message.get("more_body", False)
        if not (last and self._closing):
            await self._send(message)
            return
        await self._send({**message, "more_body": True})
        await self._linger()
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _linger(self) -> None:
        """Discard the rest of the body within limits: a client that keeps sending after its response gets a reset."""
        discarded_bytes = 0
        with suppress(TimeoutError), anyio.move_on_after(LINGER_SECONDS):
            while not self._body_is_read and discarded_bytes < LINGER_BYTES:
                with anyio.fail_after(LINGER_IDLE_SECONDS):
                    message = await self.receive()
                discarded_bytes += len(message.get("body", b""))
