"""A Lambda runtime in plain Python, for machines without an `awslambdaric` wheel (it is built for Linux only).

It keeps the same contract: load the handler, request invocations from the Runtime API, post answers and error
documents. It uses the standard library alone, because it runs inside the function's own process.
"""

import http.client
import importlib
import io
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from email.message import Message
from types import TracebackType
from typing import Any

API = "/2018-06-01/runtime"

Handler = Callable[[Any, "Context"], Any]


class Context:
    """The second argument that AWS passes to a handler."""

    client_context: Any = None
    identity: Any = None

    def __init__(self, headers: Message) -> None:
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME", "")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", "")
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the platform kills this invocation, never negative."""
        return max(0, self._deadline_ms - int(time.time() * 1000))


class RuntimeLoop:
    """Requests invocations over one kept connection until the platform closes it."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._connection = http.client.HTTPConnection(address)

    def run(self, handler_name: str) -> None:
        """Serve invocations for ever; ends the process with exit code 1 when the handler cannot be loaded."""
        for stream in (sys.stdout, sys.stderr):  # a line must be in the log before the answer is sent, and in its order
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(line_buffering=True)
        try:
            handler = load_handler(handler_name)
        except Exception as error:  # noqa: BLE001  # whatever the function raises is its init error
            self._fail_init(error)
            sys.exit(1)
        while self._serve_one(handler):
            pass

    def _fail_init(self, error: Exception) -> None:
        document = error_document(error, "")
        print(f"[ERROR] {document['errorType']}: {document['errorMessage']}")
        self._post("/init/error", document)

    def _serve_one(self, handler: Handler) -> bool:
        self._connection.request("GET", f"{API}/invocation/next")
        response = self._connection.getresponse()
        body = response.read()
        if response.status != 200:
            return False
        context = Context(response.headers)
        if trace_id := response.headers.get("Lambda-Runtime-Trace-Id"):
            os.environ["_X_AMZN_TRACE_ID"] = trace_id
        try:
            answer = to_json(handler(json.loads(body), context))
        except Exception as error:  # noqa: BLE001  # whatever the function raises is its answer
            document = error_document(error, context.aws_request_id)
            print(describe(document))
            self._post(f"/invocation/{context.aws_request_id}/error", document)
        else:
            sys.stdout.flush()  # a line without its end
            sys.stderr.flush()
            self._post(f"/invocation/{context.aws_request_id}/response", answer)
        return True

    def _post(self, path: str, body: dict[str, Any] | bytes) -> None:
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._connection.request("POST", API + path, payload, {"Content-Type": "application/json"})
        self._connection.getresponse().read()


class HandlerLoadError(Exception):
    """The function's module or handler is missing; `kind` is AWS's name for it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class UnserializableAnswer(Exception):
    """The handler returned a value that JSON cannot express."""


def load_handler(name: str) -> Handler:
    """Import `module.function` (dots or slashes in the module) and return the function.

    Raises HandlerLoadError with AWS's text when the module or the function is missing; an exception of the module
    itself passes through.
    """
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        raise HandlerLoadError("Runtime.MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise HandlerLoadError("Runtime.ImportModuleError", message) from error
    try:
        handler: Handler = getattr(module, function_name)
    except AttributeError:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise HandlerLoadError("Runtime.HandlerNotFound", message) from None
    return handler


def to_json(answer: Any) -> bytes:
    """The answer as JSON. Raises UnserializableAnswer with AWS's text."""
    try:
        return json.dumps(answer).encode()
    except (TypeError, ValueError) as error:
        raise UnserializableAnswer(f"Unable to marshal response: {error}") from error


def error_document(error: Exception, request_id: str) -> dict[str, Any]:
    """AWS's error document for an exception: errorType, errorMessage, requestId, stackTrace."""
    kind = type(error).__name__
    frames = own_frames(error.__traceback__)
    if isinstance(error, HandlerLoadError):
        kind, frames = error.kind, []
    elif isinstance(error, UnserializableAnswer):
        kind, frames = "Runtime.MarshalError", []
    return {"errorMessage": str(error), "errorType": kind, "requestId": request_id, "stackTrace": frames}


def own_frames(trace: TracebackType | None) -> list[str]:
    """The stack as AWS prints it: the function's frames, without this runtime's."""
    frames = [frame for frame in traceback.extract_tb(trace) if frame.filename != __file__]
    return traceback.format_list(frames)


def describe(document: dict[str, Any]) -> str:
    """The error as one log entry, as AWS writes it."""
    head = f"[ERROR] {document['errorType']}: {document['errorMessage']}"
    return "\n".join([head, "Traceback (most recent call last):", *(line.rstrip() for line in document["stackTrace"])])
