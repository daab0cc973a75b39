"""A service of ours beside moto's: one class, a method for each operation, AWS's JSON 1.0 over HTTP in front."""
# mypy: disable-error-code="import-not-found"
# moto lives in an environment of its own

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.wrappers import Request, Response

SCOPE = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]+)/")

type Asked = dict[str, Any]
type Told = dict[str, Any]


class Refused(Exception):
    """AWS's name for the error, and what it says."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class JsonService:
    """Answers `X-Amz-Target: SERVICE.Operation` by the method `operation` of the region's books."""

    def __init__(self, books_of: Callable[[str], Any]) -> None:
        """`books_of` makes the books of one region."""
        self._books_of = books_of
        self._by_region: dict[str, Any] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        try:
            status, told = 200, self._answer(request)
        except Refused as refused:
            status, told = 400, {"__type": refused.code, "message": str(refused)}
        body: Iterable[bytes] = Response(json.dumps(told), status, content_type="application/x-amz-json-1.0")(
            environ, start_response
        )
        return body

    def _answer(self, request: Request) -> Told:
        operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        method = getattr(self._books(request), _snake_case(operation), None) if operation.isalnum() else None
        if method is None:
            raise Refused("UnknownOperationException", f"There is no operation {operation or 'without a name'} here.")
        told: Told = method(json.loads(request.get_data() or b"{}"))
        return told

    def _books(self, request: Request) -> Any:
        scope = SCOPE.search(request.headers.get("Authorization", ""))
        region = scope["region"] if scope else "us-east-1"
        if region not in self._by_region:
            self._by_region[region] = self._books_of(region)
        return self._by_region[region]


def _snake_case(operation: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
