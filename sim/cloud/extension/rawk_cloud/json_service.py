"""A service that moto does not have: one class with a method for each operation, behind AWS's JSON 1.0 over HTTP."""
# mypy: disable-error-code="import-not-found"
# moto is installed in a separate environment

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.wrappers import Request, Response

SCOPE = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]+)/")

type Params = dict[str, Any]
type Result = dict[str, Any]


class ApiError(Exception):
    """An error response: AWS's error code and the message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class JsonService:
    """Calls the method `operation` of the region's state for `X-Amz-Target: SERVICE.Operation`."""

    def __init__(self, state_of: Callable[[str], Any]) -> None:
        """`state_of` creates the state of one region."""
        self._state_of = state_of
        self._by_region: dict[str, Any] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        try:
            status, result = 200, self._answer(request)
        except ApiError as error:
            status, result = 400, {"__type": error.code, "message": str(error)}
        body: Iterable[bytes] = Response(json.dumps(result), status, content_type="application/x-amz-json-1.0")(
            environ, start_response
        )
        return body

    def _answer(self, request: Request) -> Result:
        operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        method = getattr(self._state(request), _snake_case(operation), None) if operation.isalnum() else None
        if method is None:
            raise ApiError("UnknownOperationException", f"There is no operation {operation or 'without a name'} here.")
        result: Result = method(json.loads(request.get_data() or b"{}"))
        return result

    def _state(self, request: Request) -> Any:
        scope = SCOPE.search(request.headers.get("Authorization", ""))
        region = scope["region"] if scope else "us-east-1"
        if region not in self._by_region:
            self._by_region[region] = self._state_of(region)
        return self._by_region[region]


def _snake_case(operation: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
