"""The Lambda Runtime API of one execution environment, as a lean HTTP server on the loopback interface.

The runtime (`awslambdaric`, or our own loop) requests the next invocation here and posts its result:
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. Its requests become events in a mailbox that the
invoking thread reads, so that one wait covers an answer, a crash and a deadline.
"""

import contextlib
import json
import queue
import socket
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..chaos.unanswered import is_unanswered
from ..introspection.activity import Activity, fall_asleep, wake_up
from ..time import clock

API_VERSION = "/2018-06-01"

MAX_RESPONSE_BYTES = 6_291_556
"""AWS's limit for a synchronous response: 6 MB and a little for the envelope."""


@dataclass(frozen=True)
class Invocation:
    """One call of the function, as the runtime sees it."""

    request_id: str
    function_arn: str
    payload: bytes
    trace_id: str = ""
    client_context: str = ""


@dataclass(frozen=True)
class Ready:
    """The runtime finished its initialisation and requested its first invocation."""


@dataclass(frozen=True)
class Answered:
    """The handler returned."""

    request_id: str
    body: bytes


@dataclass(frozen=True)
class HandlerFailed:
    """The handler raised; `body` is AWS's error document. After some errors the runtime must not be used again."""

    request_id: str
    body: bytes
    runtime_is_lost: bool = False


@dataclass(frozen=True)
class InitFailed:
    """The runtime could not load the function; `body` is AWS's error document."""

    body: bytes


@dataclass(frozen=True)
class Exited:
    """The process ended; a negative code is the number of the signal that ended it."""

    exit_code: int


@dataclass(frozen=True)
class OutOfMemory:
    """The process used more than the function's MemorySize."""

    peak_bytes: int


Event = Ready | Answered | HandlerFailed | InitFailed | Exited | OutOfMemory
Mailbox = queue.SimpleQueue[Event]


class RuntimeApi:
    """Serves exactly one runtime process; a new process gets a new one."""

    def __init__(self, max_response_bytes: int = MAX_RESPONSE_BYTES) -> None:
        self.max_response_bytes = max_response_bytes
        self.mailbox: Mailbox = queue.SimpleQueue()
        self._next: queue.SimpleQueue[tuple[Invocation, int] | None] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._activity: Activity | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._port: int = self._listener.getsockname()[1]
        self.address = f"127.0.0.1:{self._port}"
        threading.Thread(target=self._accept, name="runtime-api", daemon=True).start()

    def offer(self, invocation: Invocation, deadline_ms: int, activity: Activity | None = None) -> None:
        """Give the runtime its next invocation; `deadline_ms` is its deadline in milliseconds since 1970."""
        self._activity = activity
        self._next.put((invocation, deadline_ms))

    def take(self) -> tuple[Invocation, int] | None:
        """Wait for the next invocation; None when there will be no more."""
        return self._next.get()

    def sleep(self, seconds: float) -> None:
        """The function sleeps for this time, in virtual time; the sleep ends early when the process is gone."""
        sleeper = self._activity or Activity("a function without an invocation")
        clock.wait(
            seconds,
            self._closed.is_set,
            once_waiting=lambda: fall_asleep(sleeper),
            before_leaving=lambda: wake_up(sleeper),
        )

    def wait_for_answer(self, port: int, seconds: float) -> bool:
        """The function waits for an answer at this port of its own, for so long at most. Whether that time is over.

        Where a fault holds the answer back, it waits in virtual time. Else it does so itself: someone works on it.
        """
        waiter = self._activity or Activity("a function without an invocation")
        ends_at = clock.now_seconds() + seconds
        if is_unanswered(port):
            clock.wait_until(
                ends_at,
                lambda: self._closed.is_set() or not is_unanswered(port),
                once_waiting=lambda: fall_asleep(waiter),
                before_leaving=lambda: wake_up(waiter),
            )
        return clock.now_seconds() >= ends_at

    def close(self) -> None:
        """Close the port and disconnect a waiting runtime. May be called twice."""
        if not self._closed.is_set():
            self._closed.set()
            self._next.put(None)
            with contextlib.suppress(OSError):
                socket.create_connection(
                    ("127.0.0.1", self._port), timeout=1
                ).close()  # this connection wakes the accepting thread

    def _accept(self) -> None:
        with self._listener:
            while True:
                connection, peer = self._listener.accept()
                if self._closed.is_set():
                    connection.close()
                    return
                threading.Thread(target=self._serve, args=(connection, peer), name="runtime", daemon=True).start()

    def _serve(self, connection: socket.socket, peer: object) -> None:
        # A runtime that dies in the middle of a request is noticed by its exit, not by its socket.
        with connection, contextlib.suppress(OSError):
            _Handler(connection, peer, self)  # type: ignore[arg-type]  # all it needs of a server is to be one object


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # small answers must not wait for the peer's delayed acknowledgement
    wbufsize = -1  # head and body leave in one segment
    server: RuntimeApi  # type: ignore[assignment]

    def do_GET(self) -> None:
        if self.path != f"{API_VERSION}/runtime/invocation/next":
            self._refuse(404, "NotFound", f"no such resource: {self.path}")
            return
        self.server.mailbox.put(Ready())
        taken = self.server.take()
        if taken is None:
            self.close_connection = True
            self._refuse(410, "Gone", "this execution environment is being shut down")
            return
        self._give(*taken)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/rawk/sleep?"):
            self._sleep()
            return
        if self.path.startswith("/rawk/answer?"):
            self._wait_for_answer()
            return
        match self.path.removeprefix(f"{API_VERSION}/runtime/").split("/"):
            case ["invocation", request_id, "response"]:
                self._accept_response(request_id, body)
            case ["invocation", request_id, "error"]:
                self._accept(HandlerFailed(request_id, body))
            case ["init", "error"]:
                self._accept(InitFailed(body))
            case _:
                self._refuse(404, "NotFound", f"no such resource: {self.path}")

    def _sleep(self) -> None:
        """Not part of AWS's API: `time.sleep` of a function in virtual time (see shared_offset.py)."""
        (seconds,) = parse_qs(urlsplit(self.path).query)["seconds"]
        self.server.sleep(float(seconds))
        self._send(200, b"{}")

    def _wait_for_answer(self) -> None:
        """Not part of AWS's API: the wait of a function's socket for an answer (see shared_offset.py)."""
        asked = parse_qs(urlsplit(self.path).query)
        is_over = self.server.wait_for_answer(int(asked["port"][0]), float(asked["seconds"][0]))
        self._send(200, b"over" if is_over else b"")

    def _give(self, invocation: Invocation, deadline_ms: int) -> None:
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
        }
        if invocation.trace_id:
            headers["Lambda-Runtime-Trace-Id"] = invocation.trace_id
        if invocation.client_context:
            headers["Lambda-Runtime-Client-Context"] = invocation.client_context
        self._send(200, invocation.payload, headers)

    def _accept_response(self, request_id: str, body: bytes) -> None:
        limit = self.server.max_response_bytes
        if len(body) <= limit:
            self._accept(Answered(request_id, body))
            return
        message = f"Response payload size exceeded maximum allowed payload size ({limit} bytes)."
        error = {"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"}
        self.server.mailbox.put(HandlerFailed(request_id, json.dumps(error).encode(), runtime_is_lost=True))
        self._refuse(413, "RequestEntityTooLarge", message)

    def _accept(self, event: Event) -> None:
        # The mailbox first: the runtime may exit as soon as it has its answer.
        self.server.mailbox.put(event)
        self._send(202, b'{"status":"OK"}\n')

    def _refuse(self, status: int, kind: str, message: str) -> None:
        self._send(status, json.dumps({"errorMessage": message, "errorType": kind}).encode())

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: a line per poll would fill the log."""
