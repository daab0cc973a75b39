"""The control channel: docs/reference/demo-control.md lists its requests."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sim import recordings
from sim.demo.broadcast import Broadcast
from sim.demo.errors import BadArguments, NotPossible
from sim.demo.http.access import Access

HERE = Path(__file__).parents[1]
PAGE = HERE / "page"
PICTURE = HERE.parent / "picture" / "js"

MOST_AUDIO_BYTES = 64 * 1024**2
"""More than the API takes: what it refuses, it refuses itself."""
MOST_ARGUMENT_BYTES = 64 * 1024
SLOWEST_SEND_SECONDS = 20.0
"""A viewer that takes nothing for so long is disconnected; it returns with the last event that it has."""


@dataclass(frozen=True)
class Answer:
    """An answer of the API that is passed on."""

    status: int
    body: bytes
    content_type: str = "application/json"


class Show(Protocol):
    """What is behind the channel. Every method may block, and may be called by several threads."""

    @property
    def broadcast(self) -> Broadcast: ...

    def act(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Do something. Raises NotPossible, BadArguments, LookupError for an unknown action."""

    def record(self, audio: bytes, title: str | None) -> Answer:
        """Upload to the real API. Raises NotPossible."""

    def memory(self, memory_id: str) -> Answer: ...
    def audio(self, memory_id: str) -> Answer: ...
    def scenario(self) -> str: ...
    def share(self) -> str: ...


def application(show: Show, token: str, port: int) -> ASGIApp:
    """The whole channel for a server on this port."""
    channel = _Channel(show)
    routes = [
        Route("/", channel.page),
        Route("/state", channel.state),
        Route("/feed", channel.feed),
        Route("/memories/{memory_id}", channel.memory),
        Route("/memories/{memory_id}/audio", channel.audio),
        Route("/samples/{name}", channel.sample),
        Route("/recordings", channel.record, methods=["POST"]),
        Route("/actions/{name}", channel.act, methods=["POST"]),
        Route("/scenario.py", channel.scenario),
        Route("/share.html", channel.share),
        Mount("/page", StaticFiles(directory=PAGE, check_dir=False)),
        Mount("/js/picture", StaticFiles(directory=PICTURE, check_dir=False)),
    ]
    handlers: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
        NotPossible: _problem(409),
        BadArguments: _problem(400),
        LookupError: _problem(404),
    }
    return Access(Starlette(routes=routes, exception_handlers=handlers), token, port)


class _Channel:
    def __init__(self, show: Show) -> None:
        self._show = show

    async def page(self, _: Request) -> Response:
        return FileResponse(PAGE / "index.html", media_type="text/html")

    async def state(self, _: Request) -> Response:
        return Response(self._show.broadcast.state, media_type="application/json")

    async def feed(self, request: Request) -> Response:
        last_seen = request.headers.get("last-event-id") or request.query_params.get("last", "")
        return PatientStream(self._show.broadcast.stream(last_seen), media_type="text/event-stream")

    async def memory(self, request: Request) -> Response:
        return _passed_on(await run_in_threadpool(self._show.memory, request.path_params["memory_id"]))

    async def audio(self, request: Request) -> Response:
        return _passed_on(await run_in_threadpool(self._show.audio, request.path_params["memory_id"]))

    async def sample(self, request: Request) -> Response:
        sample = recordings.by_name(request.path_params["name"])
        return FileResponse(sample.path, media_type=sample.content_type)

    async def record(self, request: Request) -> Response:
        audio = await _body(request, MOST_AUDIO_BYTES)
        title = request.query_params.get("title") or None
        return _passed_on(await run_in_threadpool(self._show.record, audio, title))

    async def act(self, request: Request) -> Response:
        arguments = _arguments(await _body(request, MOST_ARGUMENT_BYTES))
        return JSONResponse(await run_in_threadpool(self._show.act, request.path_params["name"], arguments))

    async def scenario(self, _: Request) -> Response:
        text = await run_in_threadpool(self._show.scenario)
        return _download(text, "text/x-python", "test_from_the_demo.py")

    async def share(self, _: Request) -> Response:
        return _download(await run_in_threadpool(self._show.share), "text/html", "rawk-demo.html")


class PatientStream(StreamingResponse):
    """A stream that gives up on a client that takes nothing."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(SLOWEST_SEND_SECONDS):
                await send(message)

        with suppress(TimeoutError, ClientDisconnect):  # it returns with the last event that it has
            await super().__call__(scope, receive, send_in_time)


async def _body(request: Request, most_bytes: int) -> bytes:
    """Raises BadArguments for a longer one."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most_bytes:
            raise BadArguments(f"the body may have {most_bytes:,} bytes")
    return bytes(body)


def _arguments(body: bytes) -> dict[str, Any]:
    """Raises BadArguments unless the body is empty or a JSON object."""
    try:
        arguments = json.loads(body or b"{}")
    except ValueError as error:
        raise BadArguments("the body must be JSON") from error
    if not isinstance(arguments, dict):
        raise BadArguments("the body must be a JSON object")
    return arguments


def _passed_on(answer: Answer) -> Response:
    return Response(answer.body, answer.status, media_type=answer.content_type)


def _download(text: str, media_type: str, name: str) -> Response:
    return Response(text, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})


def _problem(status: int) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(_: Request, error: Exception) -> Response:
        return JSONResponse({"error": str(error).strip("'\"")}, status)

    return answer
