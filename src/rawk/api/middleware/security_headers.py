"""Headers that keep a browser from doing with a response what nobody asked for, for every response.

https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html. No response is a page, but for the
documentation, which has a policy of its own.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",  # pages of other origins read by CORS; only `<audio>` embeds
    "Strict-Transport-Security": "max-age=31536000",  # browsers ignore it over plain HTTP (RFC 6797, 8.1)
    "Cache-Control": "no-store",
}


class SecurityHeaders:
    """ASGI middleware: adds each header that the response has not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
