"""The API as most applications do it: Starlette parses the form, and answers with JSON."""

from hashlib import sha256
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

MEMORIES: dict[str, dict[str, Any]] = {}
KEPT = 1_000


async def upload(request: Request) -> Response:
    async with request.form() as form:
        audio = form["audio"]
        assert not isinstance(audio, str)
        digest = sha256(await audio.read()).hexdigest()
    memory = {"id": str(uuid4()), "status": "queued", "audio_sha256": digest, "title": None, "failure": None}
    if len(MEMORIES) < KEPT:
        MEMORIES[memory["id"]] = memory
    return JSONResponse(memory, status_code=202)


async def listed(request: Request) -> Response:
    return JSONResponse({"items": list(MEMORIES.values())[: int(request.query_params["limit"])]})


async def read(request: Request) -> Response:
    response = JSONResponse(MEMORIES[request.path_params["memory_id"]])
    tag = f'"{sha256(response.body).hexdigest()}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return response


async def healthz(_: Request) -> Response:
    return Response(b"ok")


def create_app() -> Starlette:
    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/api/v1/memories", upload, methods=["POST"]),
            Route("/api/v1/memories", listed, methods=["GET"]),
            Route("/api/v1/memories/{memory_id}", read),
        ]
    )
