"""Corrections of the OpenAPI document: problems with their own media type, and only those that the API sends."""

from typing import Any

from rawk.api.problems import MEDIA_TYPE

_PROBLEM = "#/components/schemas/Problem"
_FRAMEWORKS_OWN = ("HTTPValidationError", "ValidationError")


def as_problems(document: dict[str, Any]) -> dict[str, Any]:
    """FastAPI lists every response model as application/json, and adds a 422 of its own to every endpoint with a
    parameter."""
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"] = {
                status: _with_problem_type(response)
                for status, response in operation["responses"].items()
                if _schema(response) not in [f"#/components/schemas/{name}" for name in _FRAMEWORKS_OWN]
            }
    for name in _FRAMEWORKS_OWN:
        document["components"]["schemas"].pop(name, None)
    return document


def _schema(response: dict[str, Any]) -> str | None:
    reference: str | None = response.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref")
    return reference


def _with_problem_type(response: dict[str, Any]) -> dict[str, Any]:
    if _schema(response) != _PROBLEM:
        return response
    return response | {"content": {MEDIA_TYPE: response["content"]["application/json"]}}
