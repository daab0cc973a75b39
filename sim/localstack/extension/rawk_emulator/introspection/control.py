"""The control API: what the harness asks of the emulator beyond AWS's own calls.

- `GET /functions/NAME/processes` → `{"pids": [...]}`: the processes that serve a function now.
- `GET /world` → `{"now", "changes", "busy": [reasons], "at_function", "next_due"}`: see world_state.py. `at_function`
  counts functions that run and do not sleep: another server may hold each of them.
- `GET /world?patience_ms=N` → the same once nothing is busy and no function runs, after N real ms at the latest.
- `GET /iam/PREFIX` → `{"enforced", "principals"}`: what roles were allowed, used and were refused (iam/usage.py).
- `GET /events/PREFIX` → `{"counts"}`: how many events there were about each queue, function, bucket and role.
- `POST /world/settle` → the same as `GET /world`, after everything that has become due was processed.

The harness calls it many times a second, so it has a lean server of its own. LocalStack's gateway gives its address:
`GET /_rawk/control` → `{"port": N, "pid": N}`; the process id identifies the emulator. From outside of LocalStack's
container only the gateway can be reached, so it answers the same requests, below `/_rawk/control/`. Both answer callers
of this machine only, and with SIM_CONTROL_TOKEN those that send it (gateway/local_callers.py).
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import json
import os
import socket
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from localstack.http import Request, Response
from localstack.services.edge import ROUTER

from ..gateway.http_server import Environ, HttpServer
from ..gateway.local_callers import TOKEN_VARIABLE, guarded, of_environ, refusal
from ..iam import enforcement
from ..lambda_ import executor
from . import event_log, world_state

Answer = dict[str, Any] | None


def install() -> None:
    """Start the control server, and publish its port at LocalStack's gateway."""
    world_state.install()
    listener = socket.create_server(("127.0.0.1", 0))
    HttpServer(_serve, listener, hand_over=socket.socket.close).start()
    port = listener.getsockname()[1]

    def control(_: Request) -> dict[str, int]:
        return {"port": port, "pid": os.getpid()}

    def control_from_outside(request: Request, path: str) -> Response:
        result = answer(request.method, path, float(request.args.get("patience_ms", 0)) / 1000)
        return _as_response(result, f"there is no {request.method} /{path}")

    ROUTER.add("/_rawk/control", guarded(control), methods=["GET"])
    ROUTER.add("/_rawk/control/<path:path>", guarded(control_from_outside), methods=["GET", "POST"])


def _as_response(result: Answer, otherwise: str) -> Response:
    if result is None:
        return Response(json.dumps({"error": otherwise}), 404, mimetype="application/json")
    return Response(json.dumps(result), mimetype="application/json")


def answer(method: str, path: str, patience_seconds: float = 0.0) -> Answer:
    """The answer to one request; None when the request is unknown."""
    match (method, *path.strip("/").split("/")):
        case ("GET", "world"):
            return world_state.describe_at_rest(patience_seconds)
        case ("POST", "world", "settle"):
            world_state.settle()
            return world_state.describe()
        case ("GET", "functions", name, "processes"):
            return {"pids": executor.pids_of(name)}
        case ("GET", "events", prefix):
            return {"counts": event_log.counts(prefix)}
        case ("GET", "iam", prefix):
            return enforcement.describe(prefix)
    return None


def _serve(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    status, result = "403 Forbidden", {"error": refusal(of_environ(environ), os.environ.get(TOKEN_VARIABLE))}
    if result["error"] is None:
        (patience_ms,) = parse_qs(environ["QUERY_STRING"]).get("patience_ms", ["0"])
        found = answer(method, path, float(patience_ms) / 1000)
        status = "404 Not Found" if found is None else "200 OK"
        result = found if found is not None else {"error": f"there is no {method} {path}"}
    body = json.dumps(result).encode()
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
