"""An upload as most applications take it: Starlette parses the form, and the handler reads the file."""

from hashlib import sha256

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def upload(request: Request) -> Response:
    async with request.form() as form:
        audio = form["audio"]
        assert not isinstance(audio, str)
        sha256(await audio.read())
    return Response(status_code=202)


async def healthz(_: Request) -> Response:
    return Response(b"ok")


def create_app() -> Starlette:
    return Starlette(routes=[Route("/healthz", healthz), Route("/api/v1/memories", upload, methods=["POST"])])
