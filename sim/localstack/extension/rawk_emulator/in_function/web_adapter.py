"""The program of a function's process when the function is a web application: it replaces the Lambda Web Adapter.

A function that sets `AWS_LAMBDA_EXEC_WRAPPER=/opt/bootstrap` has the adapter in an image or a layer on AWS; its handler
(`run.sh`) starts a web server. Here this program starts the handler on a port of its own, waits until it answers at
AWS_LWA_READINESS_CHECK_PATH, and sends it each invocation as a request. When the application ends, the process ends as
any function that crashes. It uses the standard library alone, because it runs inside the function's process.
"""
# mypy: disable-error-code="import-not-found"
# storage and web_events are found by path, not as a package

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from email.message import Message
from pathlib import Path
from typing import Any, NoReturn

import storage
from web_events import request_of, result_of

API = "/2018-06-01/runtime"
HOST = "127.0.0.1"
POLL_SECONDS = 0.01
"""The same as the adapter's."""

END_SECONDS = 0.5
"""How long an application that closed a connection may take to end."""

OF_APPLICATIONS = Path(__file__).with_name("of_applications")
"""A folder whose sitecustomize.py puts a Python application into virtual time, and limits its /tmp."""


class FailedByStatus(Exception):
    """The application answered with a status that AWS_LWA_ERROR_STATUS_CODES declares an error."""


def main() -> None:
    """Serve invocations until the platform, or the application, ends the process."""
    if storage.STORAGE_VARIABLE in os.environ:
        storage.restrict_process(os.environ)
    port = _free_port()
    application = _start(port)
    threading.Thread(target=_end_with, args=(application,), daemon=True).start()
    _wait_until_ready(port)
    platform = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while _serve_one(platform, port, application):
        pass


def _serve_one(platform: http.client.HTTPConnection, port: int, application: subprocess.Popen[bytes]) -> bool:
    platform.request("GET", f"{API}/invocation/next")
    invocation = platform.getresponse()
    payload = invocation.read()
    if invocation.status != 200:
        return False
    request_id = invocation.headers["Lambda-Runtime-Aws-Request-Id"]
    try:
        answer, outcome = _ask(port, json.loads(payload), invocation.headers), "response"
    except (OSError, http.client.HTTPException, FailedByStatus) as error:
        _end_if_it_ends(application)
        print(f"web adapter: {type(error).__name__}: {error}", flush=True)
        answer, outcome = {"errorType": type(error).__name__, "errorMessage": str(error)}, "error"
    platform.request("POST", f"{API}/invocation/{request_id}/{outcome}", json.dumps(answer).encode())
    platform.getresponse().read()
    return True


def _ask(port: int, event: Mapping[str, Any], invocation: Message) -> dict[str, Any]:
    request = request_of(event, _context(invocation))
    with contextlib.closing(http.client.HTTPConnection(HOST, port)) as connection:
        names = {name for name, _ in request.headers}
        connection.putrequest(request.method, request.target, skip_host="host" in names, skip_accept_encoding=True)
        for name, value in request.headers:
            connection.putheader(name, value.encode())
        if request.body or request.method in ("POST", "PUT", "PATCH"):
            connection.putheader("content-length", str(len(request.body)))
        connection.endheaders(request.body or None)
        response = connection.getresponse()
        body = response.read()
    if response.status in _error_statuses():
        raise FailedByStatus(f"Request failed with configured error status code: {response.status}")
    return dict(result_of(response.status, response.getheaders(), body))


def _context(invocation: Message) -> dict[str, Any]:
    """The value of the adapter's header x-amzn-lambda-context."""
    return {
        "request_id": invocation["Lambda-Runtime-Aws-Request-Id"],
        "deadline": int(invocation["Lambda-Runtime-Deadline-Ms"]),
        "invoked_function_arn": invocation["Lambda-Runtime-Invoked-Function-Arn"],
        "xray_trace_id": invocation["Lambda-Runtime-Trace-Id"],
        "env_config": {
            "function_name": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
            "memory": int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE") or 0),
            "version": os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", ""),
            "log_stream": os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", ""),
            "log_group": os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME", ""),
        },
    }


def _error_statuses() -> set[int]:
    """{500, 502, 503} of `500,502-503`."""
    parts = [part.partition("-") for part in os.environ.get("AWS_LWA_ERROR_STATUS_CODES", "").split(",") if part]
    return {status for first, _, last in parts for status in range(int(first), int(last or first) + 1)}


def _start(port: int) -> subprocess.Popen[bytes]:
    """Start the handler, which is a program of the package. On AWS every environment has its own port 8080; here they
    share a machine, so the application has to use the port that it is given.
    """
    program = Path(os.environ["LAMBDA_TASK_ROOT"], os.environ["_HANDLER"])
    environment = {**os.environ, "PORT": str(port), "AWS_LWA_PORT": str(port)}
    # Its `python3` is the functions' interpreter, which has the packages that they import.
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    environment["PYTHONPATH"] = os.pathsep.join([str(OF_APPLICATIONS), environment["PYTHONPATH"]])
    try:
        return subprocess.Popen([program], env=environment, stdin=subprocess.DEVNULL)
    except OSError as error:
        print(f"/opt/bootstrap: {program.name} cannot be run: {error.strerror}", flush=True)
        sys.exit(126)


def _wait_until_ready(port: int) -> None:
    """Without a limit of its own: the platform limits initialisation."""
    path = os.environ.get("AWS_LWA_READINESS_CHECK_PATH", "/")
    by_connection = os.environ.get("AWS_LWA_READINESS_CHECK_PROTOCOL", "http").lower() == "tcp"
    pause = threading.Event()  # real time, also where the function's time is virtual
    while not (_listens(port) if by_connection else _is_healthy(port, path)):
        pause.wait(POLL_SECONDS)


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=5).close()
    except OSError:
        return False
    return True


def _is_healthy(port: int, path: str) -> bool:
    try:
        with contextlib.closing(http.client.HTTPConnection(HOST, port, timeout=5)) as connection:
            connection.request("GET", path)
            return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False


def _end_if_it_ends(application: subprocess.Popen[bytes]) -> None:
    """A connection breaks a moment before its process is gone; the end of the process is then the answer."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        application.wait(END_SECONDS)
        _end_with(application)


def _end_with(application: subprocess.Popen[bytes]) -> NoReturn:
    """The application is the function, so the function ends by the same signal or with the same code."""
    code = application.wait()
    if code < 0:
        os.kill(os.getpid(), -code)
    os._exit(abs(code))


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    main()
