"""The OpenAPI document as a whole: what FastAPI does not know about the API's answers is added here.

Problems have their own media type; headers that a middleware or a handler of errors sends are named; every endpoint may
answer what the server, the router or a bug makes it answer; an optional parameter is left out and never null.
"""

from collections.abc import Iterator
from typing import Any

from rawk.api.problems import MEDIA_TYPE

_PROBLEM = "#/components/schemas/Problem"
_FRAMEWORKS_OWN = ("HTTPValidationError", "ValidationError")

TAGS = [
    {"name": "memories", "description": "Recordings and what becomes of them."},
    {"name": "uploads", "description": "Recordings that are uploaded straight to the store."},
    {"name": "callers", "description": "Logging in, and who one is."},
    {"name": "health", "description": "For load balancers, deployments and Prometheus."},
]
SERVERS = [{"url": "/", "description": "The deployment that serves this document."}]

HEADERS: dict[str, dict[str, Any]] = {
    "X-Correlation-Id": {
        "description": "Quote it in a report: every log line of this request has it. A client may send its own.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,128}$"},
        "example": "0b6f9c1e-7d0c-4a83-9d6c-2f3f3f9f8a55",
    },
    "Retry-After": {
        "description": "Seconds after which another try is worth it.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 5,
    },
    "ETag": {
        "description": "Changes with every visible change of the memory; for If-None-Match.",
        "schema": {"type": "string"},
        "example": '"2f3f3f9f8a559d6c2f3f3f9f8a559d6c"',
    },
    "WWW-Authenticate": {"description": "The ways to authenticate.", "schema": {"type": "string"}},
    "Allow": {"description": "The methods that the path has.", "schema": {"type": "string"}, "example": "GET, HEAD"},
}
_OF_A_STATUS = {"401": ["WWW-Authenticate"], "405": ["Allow"], "429": ["Retry-After"], "503": ["Retry-After"]}
_EVERYWHERE = {
    "400": "The request is not valid",
    "405": "Method Not Allowed",
    "408": "The request did not come in time",
    "429": "Too many requests or connections",
    "500": "Internal Server Error",
    "503": "A part of the pipeline does not answer, or the server is busy",
}
"""Before any endpoint is known, the server refuses what is not HTTP, late, or too much (`rawk.server.refusals`)."""


def whole(document: dict[str, Any]) -> dict[str, Any]:
    document["servers"], document["tags"] = SERVERS, TAGS
    document["components"]["headers"] = HEADERS
    for operation in _operations(document):
        _name_parameters(operation)
        _name_responses(operation)
        operation.setdefault("security", [])
    for name in _FRAMEWORKS_OWN:
        document["components"]["schemas"].pop(name, None)
    return document


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in document["paths"].values():
        yield from operations.values()


def _name_parameters(operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        schema = parameter["schema"]
        kinds = [each for each in schema.pop("anyOf", []) if each != {"type": "null"}]
        for kind in kinds[:1]:
            schema.update(kind)
        schema.pop("description", None)
        if parameter["name"] == "memory_id":
            schema["format"] = "uuid"
            parameter["example"] = "5f0c1d9e-6f0b-4b0e-9a55-3f2f9b1c7a10"


def _name_responses(operation: dict[str, Any]) -> None:
    """FastAPI lists every model as application/json, and adds a 422 of its own to every endpoint with a parameter."""
    responses = {
        status: _with_problem_type(response)
        for status, response in operation["responses"].items()
        if _schema(response) not in [f"#/components/schemas/{name}" for name in _FRAMEWORKS_OWN]
    }
    for status, description in _EVERYWHERE.items():
        response = responses.setdefault(status, {"description": description})
        response["content"] = {**response.get("content", {}), MEDIA_TYPE: {"schema": {"$ref": _PROBLEM}}}
    for status, response in responses.items():
        names = ["X-Correlation-Id"]
        if MEDIA_TYPE in response.get("content", {}):
            names += _OF_A_STATUS.get(status, [])
        headers = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
        response["headers"] = {**response.get("headers", {}), **headers}
    operation["responses"] = dict(sorted(responses.items()))


def _schema(response: dict[str, Any]) -> str | None:
    reference: str | None = response.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref")
    return reference


def _with_problem_type(response: dict[str, Any]) -> dict[str, Any]:
    if _schema(response) != _PROBLEM:
        return response
    return response | {"content": {MEDIA_TYPE: response["content"]["application/json"]}}
