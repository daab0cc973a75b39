"""HEAD wherever GET is: the same head of the response, without its body (RFC 9110, 9.3.2)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_STATE = "head_only"


class HeadAsGet:
    """ASGI middleware; inside of those that log and count the method."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})[_STATE] = True
        scope["method"] = "GET"
        try:
            await self._app(scope, receive, _without_body(send))
        finally:
            scope["method"] = "HEAD"


def method_of(scope: Scope) -> str:
    """The method that the client sent."""
    return "HEAD" if is_head(scope) else str(scope["method"])


def is_head(scope: Scope) -> bool:
    """A stream must ask: it would go on for a client that waits for nothing."""
    return _STATE in scope.get("state", {})


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return send_head
