"""Every error as an RFC 9457 problem detail, with a stable `type` and without internal details."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Match, Route

from rawk.api.middleware.head import method_of
from rawk.domain.errors import (
    DatabaseOutdated,
    DatabaseWaking,
    NotAuthenticated,
    Overloaded,
    Refused,
    TooManyRequests,
    Unavailable,
)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
"""`Retry-After` when a part of the pipeline is down: long enough to protect it, short enough for a user."""

MOST_FIELDS = 20
"""In one answer: a small request may have hundreds that nobody knows."""


class FieldProblem(BaseModel):
    field: str = Field(description="The place of the field: `query.limit`, `header.Idempotency-Key`.")
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem detail."""

    type: str = Field(description="Stable identifier of the problem, for programs.")
    title: str
    status: int
    detail: str
    instance: str | None = Field(None, description="The requested path; left out where the server knows none.")
    correlation_id: str | None = Field(None, description="Quote it in a report: every log line of this request has it.")
    part: str | None = Field(None, description="With 503: which part is down.")
    errors: list[FieldProblem] | None = Field(None, description="With 422: the invalid fields, at most 20.")

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:rawk:problem:recording-too-large",
                "title": "The recording is over the size limit",
                "status": 413,
                "detail": "A recording may have 26214400 bytes at most.",
                "instance": "/api/v1/memories",
                "correlation_id": "0b6f9c1e-7d0c-4a83-9d6c-2f3f3f9f8a55",
            }
        }
    )


def urn(kind: str) -> str:
    return f"urn:rawk:problem:{kind}"


def problem(
    request: Request,
    status: int,
    kind: str,
    title: str,
    detail: str,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Response:
    body = Problem(
        type=urn(kind),
        title=title,
        status=status,
        detail=detail,
        instance=request.url.path,
        correlation_id=request.state.correlation_id,
        **more,
    )
    return Response(body.model_dump_json(exclude_none=True), status, headers, media_type=MEDIA_TYPE)


def unexpected(request: Request) -> Response:
    """The response to a bug of ours. The details are in the log, not in the response."""
    return problem(
        request,
        500,
        "internal-error",
        "Something went wrong on our side",
        "The error is in our log under the correlation id.",
    )


def answer_with_problems(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    app.state.known_routes = routes
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_exception_handler(Overloaded, _overloaded)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(ClientDisconnect, _gone)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    headers = None
    if isinstance(error, NotAuthenticated):
        headers = {"WWW-Authenticate": 'ApiKey realm="rawk", Bearer realm="rawk"'}
    elif isinstance(error, TooManyRequests):
        headers = {"Retry-After": str(error.retry_after_seconds)}
    return problem(request, error.status_code, error.type, error.title, str(error) or f"{error.title}.", headers)


async def _unavailable(request: Request, error: Exception) -> Response:
    """The error's own text may contain host names, so the client does not get it."""
    assert isinstance(error, Unavailable)
    what, why = "does not answer", "down for the moment"
    if isinstance(error, DatabaseWaking):
        what, why = "is waking up", "waking up after a pause, which takes up to a minute"
    elif isinstance(error, DatabaseOutdated):
        what, why = "is not migrated yet", "not migrated yet to the schema of this release"
    return problem(
        request,
        503,
        f"{error.part}-unavailable",
        f"The {error.part} {what}",
        f"The {error.part} is {why}; try again in a few seconds.",
        {"Retry-After": str(RETRY_AFTER_SECONDS)},
        part=error.part,
    )


async def _overloaded(request: Request, error: Exception) -> Response:
    assert isinstance(error, Overloaded)
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return problem(request, error.status_code, error.type, error.title, str(error), headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = [
        FieldProblem(field=".".join(str(step) for step in fault["loc"]), detail=fault["msg"])
        for fault in error.errors()[:MOST_FIELDS]
    ]
    detail = "; ".join(f"{fault.field}: {fault.detail}" for fault in fields)
    return problem(request, 422, "invalid-request", "A parameter is not valid", detail, errors=fields)


async def _http_error(request: Request, error: Exception) -> Response:
    """Unknown routes and methods, and all else that the framework refuses by itself."""
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    kind = status.phrase.lower().replace(" ", "-").replace("'", "")
    headers = dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_possible_methods(request)))
    details = {
        404: f"There is nothing at {request.url.path}.",
        405: f"{method_of(request.scope)} is not possible at {request.url.path}.",
    }
    return problem(request, status, kind, status.phrase, details.get(status, f"{status.phrase}."), headers)


def _possible_methods(request: Request) -> set[str]:
    """The methods of all routes with the path: the framework gives those of the first one (RFC 9110, 10.2.1)."""
    routes: Sequence[BaseRoute] = request.app.state.known_routes
    here = (route for route in routes if route.matches(request.scope)[0] is not Match.NONE)
    methods = {method for route in here if isinstance(route, Route) for method in route.methods or ()}
    return methods | ({"HEAD"} if "GET" in methods else set())


async def _gone(_request: Request, _error: Exception) -> Response:
    """The client disconnected during its upload. It does not read this, but every request needs a response."""
    return Response(status_code=400)
