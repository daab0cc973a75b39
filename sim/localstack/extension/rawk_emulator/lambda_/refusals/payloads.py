"""Payloads of an invocation: JSON, of 6 MB at most, or of 1 MB where nobody waits for the answer.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import io
import json
from collections.abc import MutableMapping
from typing import Any

from localstack.aws.api import CommonServiceException
from localstack.aws.api.lambda_ import InvalidRequestContentException

SYNCHRONOUS_BYTES = 6 * 1024 * 1024
ASYNCHRONOUS_BYTES = 1024 * 1024
CODE = "RequestEntityTooLargeException"


def check(context: Any, request: MutableMapping[str, Any]) -> None:
    """Raises AWS's error where the payload of Invoke is too large, or is no JSON."""
    length = context.request.content_length or 0
    if request.get("InvocationType") == "Event":
        if length > ASYNCHRONOUS_BYTES:
            _refuse(
                f"{length} byte payload is too large for the Event invocation type (limit {ASYNCHRONOUS_BYTES} bytes)"
            )
    elif length > SYNCHRONOUS_BYTES:
        _refuse(f"Request must be smaller than {SYNCHRONOUS_BYTES} bytes for the InvokeFunction operation")
    if request.get("InvocationType") != "DryRun":
        _check_json(request)


def _check_json(request: MutableMapping[str, Any]) -> None:
    stream = request.get("Payload")
    if stream is None:
        return
    payload = stream.read()
    request["Payload"] = io.BytesIO(payload)  # it can be read once
    try:
        json.loads(payload or b"null")
    except UnicodeDecodeError:
        return  # LocalStack refuses it
    except ValueError as error:
        raise InvalidRequestContentException(
            f"Could not parse request body into json: Could not parse payload into json: {error}", Type="User"
        ) from error


def _refuse(message: str) -> None:
    raise CommonServiceException(CODE, message, status_code=413, sender_fault=True)
