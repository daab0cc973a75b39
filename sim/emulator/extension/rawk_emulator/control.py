"""What a harness may ask of the emulator beyond AWS's own calls.

- `GET /functions/NAME/processes` → `{"pids": [...]}`: the processes that run a function now.
- `GET /world` → `{"now", "changes", "busy": [reasons], "at_function", "next_due"}`: see world_state.py.
  `at_function` counts functions that run and do not sleep: each may be held by something outside of the emulator.
- `POST /world/settle` → the same: the world's time was moved; see to what has become due.

They are asked for many times a second, so they have a lean server of their own beside LocalStack's door, where only its
address is to be had: `GET /_rawk/control` → `{"port": N, "pid": N}`; the process id tells whose door one stands at.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import json
import os
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any

from localstack.http import Request
from localstack.services.edge import ROUTER

from . import executor, world_state

Answer = dict[str, Any] | None


def install() -> None:
    """Open the control's own door, and tell its number at LocalStack's."""
    world_state.install()
    server = _Server(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 60}, name="control", daemon=True).start()
    port = server.server_address[1]

    def control(_: Request) -> dict[str, int]:
        return {"port": port, "pid": os.getpid()}

    ROUTER.add("/_rawk/control", control, methods=["GET"])


def answer(method: str, path: str) -> Answer:
    """The answer to one request; None when there is no such thing to ask for."""
    match (method, *path.strip("/").split("/")):
        case ("GET", "world"):
            return world_state.describe()
        case ("POST", "world", "settle"):
            world_state.settle()
            return world_state.describe()
        case ("GET", "functions", name, "processes"):
            return {"pids": executor.pids_of(name)}
    return None


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one segment

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer("POST")

    def _answer(self, method: str) -> None:
        result = answer(method, self.path)
        body = json.dumps(result if result is not None else {"error": f"there is no {method} {self.path}"}).encode()
        self.send_response(200 if result is not None else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """A line per poll would drown the log."""
