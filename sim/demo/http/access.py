"""Who may talk to the demo: a client with the token, from the demo's own page, by the demo's own name.

A page of another site cannot read the token. It is refused all the same: by its `Origin`, and by its `Host` when its
name is made to resolve to this machine (DNS rebinding).
"""

import hmac
import re
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OWN_NAMES = ("127.0.0.1", "localhost")
WITHOUT_TOKEN = re.compile(r"/|/page/.*|/js/picture/.*|/samples/[^/]+|/favicon\.ico")
"""Static files: they have no secret, and a page cannot add a header to what its HTML names."""

PROTECTION = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "media-src 'self' blob: data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",  # the address has the token
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


class Access:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app = app
        self._token = token
        self._hosts = {f"{name}:{port}" for name in OWN_NAMES}
        if port == 80:
            self._hosts |= set(OWN_NAMES)
        self._origins = {f"http://{host}" for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        problem = self._problem(scope, Headers(scope=scope))
        answer = self._app if problem is None else JSONResponse({"error": problem}, 403)
        await answer(scope, receive, _protected(send))

    def _problem(self, scope: Scope, headers: Headers) -> str | None:
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return f"this server is {' or '.join(sorted(self._hosts))}, whatever name you called it by"
        if any(origin not in self._origins for origin in origins):
            return "only the demo's own page may talk to this server"
        if scope["method"] in ("GET", "HEAD") and WITHOUT_TOKEN.fullmatch(scope["path"]):
            return None
        if not self._has_token(scope, headers):
            return "the token is missing or wrong: open the address that the demo has printed in its terminal"
        return None

    def _has_token(self, scope: Scope, headers: Headers) -> bool:
        shown = headers.get("authorization", "").removeprefix("Bearer ")
        if not shown and scope["method"] in ("GET", "HEAD"):
            # An EventSource, an <audio> and a download cannot send the header. What changes something needs it.
            shown = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[-1]
        return hmac.compare_digest(shown.encode("utf-8", "replace"), self._token.encode())


def _protected(send: Send) -> Send:
    async def send_protected(message: Message) -> None:
        if message["type"] == "http.response.start":
            names = {name.lower() for name, _ in message["headers"]}
            added = [
                (name.encode(), value.encode()) for name, value in PROTECTION.items() if name.encode() not in names
            ]
            message = {**message, "headers": [*message["headers"], *added]}
        await send(message)

    return send_protected
