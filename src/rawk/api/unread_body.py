"""Refusing a request without reading all of its body, in such a way that the client gets to see the refusal.

A server that closes a connection on which unread bytes wait makes the kernel reset it, and the reset may overtake the
answer; one that keeps the connection must read the rest, however long. So we answer whole, say `Connection: close`,
and throw away what still comes until the client has understood and left, or a small limit is reached. nginx calls it
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
"""Most clients read nothing before they have sent everything: files a little too large shall get their 413, too."""


class UnreadBody:
    """ASGI middleware; to be the outermost one."""

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
    """One request with a body, and its answer."""

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
        """Not for ever: a client that goes on sending after its answer gets its reset."""
        thrown_away = 0
        with suppress(TimeoutError), anyio.move_on_after(LINGER_SECONDS):
            while not self._body_is_read and thrown_away < LINGER_BYTES:
                with anyio.fail_after(LINGER_IDLE_SECONDS):
                    message = await self.receive()
                thrown_away += len(message.get("body", b""))
