"""Spans that leave the process: to a collector over HTTP, and to one that does not answer."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

pytest.importorskip("opentelemetry.exporter.otlp.json.http", reason="needs the extra `otel`")

PROGRAM = """if True:
    import sys, time
    from rawk.adapters.telemetry.opentelemetry import OpenTelemetry
    from rawk.ports import SpanKind
    telemetry = OpenTelemetry("worker", sys.argv[1])
    with telemetry.span("process job", SpanKind.CONSUMER, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"):
        with telemetry.span("memories.claim", SpanKind.CLIENT):
            pass
    began = time.monotonic()
    telemetry.flush()
    print(time.monotonic() - began)
    telemetry.close()
"""


class Collector(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[tuple[str, dict[str, Any]]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, json.loads(body)))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def flushed(endpoint: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, endpoint],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "OTEL_TRACES_SAMPLER": "always_on"},
    )


def test_spans_reach_a_collector_as_otlp(collector: Collector) -> None:
    flushed(f"http://127.0.0.1:{collector.server_port}/")

    [(path, request)] = collector.received
    [resource] = request["resourceSpans"]
    spans = {span["name"]: span for scope in resource["scopeSpans"] for span in scope["spans"]}
    attributes = {each["key"]: each["value"] for each in resource["resource"]["attributes"]}
    assert path == "/v1/traces"
    assert attributes["service.name"] == {"stringValue": "rawk-worker"}
    assert spans["process job"]["traceId"] == "0af7651916cd43dd8448eb211c80319c"
    assert spans["memories.claim"]["parentSpanId"] == spans["process job"]["spanId"]


@pytest.mark.parametrize("answers", ["refuses", "is silent"])
def test_a_collector_that_does_not_answer_costs_an_invocation_two_seconds_at_most_and_raises_nothing(
    answers: str,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        if answers == "refuses":
            silent.close()
        done = flushed(f"http://127.0.0.1:{port}")

    assert float(done.stdout.splitlines()[-1]) < 2.5
