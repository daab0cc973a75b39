"""The correlation id of every request, its log line, and the response to an unexpected error."""

import re
from collections.abc import Callable
from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rawk.api.middleware.refused_lines import RefusedLines
from rawk.log import bound, log
from rawk.ports import Randomness, SpanKind, Telemetry

HEADER = "X-Correlation-Id"
LOGGED_CHARACTERS = 200
"""Of a path or method; no client of the API sends longer ones, and each request writes a line."""
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_MEMORY = re.compile(r"/memories/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?=/|$)")
_PROBES = frozenset({"/healthz", "/api/health", "/api/v1/health", "/metrics", "/api/v1/metrics"})


class Tracing:
    """ASGI middleware. A correlation id that is not plain text of 1 to 128 characters is replaced by our own."""

    def __init__(
        self,
        app: ASGIApp,
        randomness: Randomness,
        unexpected: Callable[[Request], Response],
        telemetry: Telemetry | None = None,
    ) -> None:
        """`unexpected` makes the response to a bug of ours. `telemetry` None: no spans."""
        self._app = app
        self._telemetry = telemetry
        self._randomness = randomness
        self._unexpected = unexpected
        self._refused = RefusedLines()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        correlation_id = self._correlation_id(scope)
        scope.setdefault("state", {})["correlation_id"] = correlation_id
        with bound(correlation_id=correlation_id, **_ids_in(scope["path"])):
            if self._telemetry is None or scope["path"] in _PROBES:
                await self._traced(scope, receive, _Answer(send, correlation_id))
            else:
                await self._in_a_span(self._telemetry, scope, receive, _Answer(send, correlation_id))

    async def _in_a_span(self, telemetry: Telemetry, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        """The client's own trace continues, if it sent a valid one. Named by its route: a path is another in each."""
        method = scope["method"]
        with telemetry.span(method, SpanKind.SERVER, Headers(scope=scope).get("traceparent")) as span:
            span.set("http.request.method", method)
            span.set("correlation_id", answer.correlation_id)
            try:
                await self._traced(scope, receive, answer)
            finally:
                route = getattr(scope.get("route"), "path", None)
                if route is not None:
                    span.rename(f"{method} {route}")
                    span.set("http.route", route)
                for name, value in {**_ids_in(scope["path"]), **answer.ids}.items():
                    span.set(name, value)
                if answer.status is not None:
                    span.set("http.response.status_code", answer.status)
                    if answer.status >= 500:
                        span.fail(f"status {answer.status}")

    async def _traced(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        began = perf_counter()
        try:
            await self._app(scope, receive, answer)
        except Exception:
            log.exception("request_crashed", **_request_line(scope))
            if answer.status is not None:
                raise  # the response has begun: only a closed connection shows the client that it failed
            await self._unexpected(Request(scope))(scope, receive, answer)
        finally:
            write = log.debug if scope["path"] in _PROBES or self._is_left_out(scope, answer.status) else log.info
            took = {"milliseconds": round((perf_counter() - began) * 1000, 1)}
            write("request", **_request_line(scope), status=answer.status, **answer.ids, **took)

    def _is_left_out(self, scope: Scope, status: int | None) -> bool:
        """One of many requests that were refused without a key, or for a path that does not exist."""
        if status is None or not (status in (401, 429) or (status >= 400 and "route" not in scope)):
            return False
        return not self._refused.admits(status)

    def _correlation_id(self, scope: Scope) -> str:
        given = Headers(scope=scope).get(HEADER, "")
        return given if _ACCEPTABLE.fullmatch(given) else self._randomness.new_id()


def _request_line(scope: Scope) -> dict[str, str]:
    return {"method": _short(scope["method"]), "path": _short(scope["path"])}


def _short(text: str) -> str:
    return text if len(text) <= LOGGED_CHARACTERS else f"{text[: LOGGED_CHARACTERS - 1]}…"


def _ids_in(path: str) -> dict[str, str]:
    """The memory that a request or the `Location` of its response names."""
    found = _MEMORY.search(path.lower())
    return {} if found is None else {"memory_id": found[1]}


class _Answer:
    """`send`, which adds the correlation id to the response and records its status and the memory that it names."""

    def __init__(self, send: Send, correlation_id: str) -> None:
        self._send = send
        self.correlation_id = correlation_id
        self.status: int | None = None
        self.ids: dict[str, str] = {}

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[HEADER] = self.correlation_id
            self.ids = _ids_in(headers.get("Location", ""))
        await self._send(message)
