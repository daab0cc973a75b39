"""The finishing touch to the OpenAPI document: problems under their own media type."""

from typing import Any

from rawk.api.problems import MEDIA_TYPE

_PROBLEM = "#/components/schemas/Problem"


def as_problems(document: dict[str, Any]) -> dict[str, Any]:
    """FastAPI files every response model under application/json, problem details are application/problem+json."""
    for operations in document["paths"].values():
        for operation in operations.values():
            for response in operation["responses"].values():
                content = response.get("content", {})
                schema = content.get("application/json", {}).get("schema", {})
                if schema.get("$ref") == _PROBLEM:
                    content[MEDIA_TYPE] = content.pop("application/json")
    return document
