"""A worker's cold start by part, with the locked libraries in the layout of the image, beside the same libraries bare.

Files in the page cache, and after they were dropped from it: a new machine of Lambda has read nothing yet.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.figures import Figure
from sim.platform.environment import isolated_environment
from sim.provisioning.function_package import product_files
from sim.provisioning.lambda_packages import libraries
from sim.provisioning.rendering import Rendering
from sim.provisioning.zip_archives import with_bytecode

ROUNDS, FEW_ROUNDS = 7, 3
TARGET_MS = 600

WORKER = """
import time; began = time.perf_counter()
import rawk.aws_lambda as entry
imported = time.perf_counter()
from rawk import composition
import os
worker = composition.build_worker(os.environ)
built = time.perf_counter()
import json
parts = {"import of the entry point": imported - began, "settings, adapters, clients": built - imported}
print(json.dumps({part: 1000 * seconds for part, seconds in parts.items()}))
"""
BARE = """
import boto3
for service in ("s3", "sqs", "secretsmanager"):
    boto3.client(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
import openai
openai.OpenAI(api_key="a")
import sqlalchemy
sqlalchemy.create_engine("postgresql+psycopg://a:b@127.0.0.1:1/c")
"""
BARE_NAME = "its libraries and clients, without RAWK"
PROGRAMS = {"worker": WORKER, BARE_NAME: BARE, "Python alone": "pass"}


def measure(folder: Path, quick: bool) -> list[Figure]:
    layout = folder / "task"
    _unpack(layout)
    rounds = FEW_ROUNDS if quick else ROUNDS
    with _environment(layout) as environment:
        return [
            *_figures("files cached", [_round(layout, environment, cached=True) for _ in range(rounds)]),
            *_figures("files not cached", [_round(layout, environment, cached=False) for _ in range(rounds)]),
        ]


def _round(layout: Path, environment: Mapping[str, str], *, cached: bool) -> dict[str, float]:
    """Milliseconds of each program and of the worker's parts."""
    taken: dict[str, float] = {}
    for name, program in PROGRAMS.items():
        if not cached:
            drop_from_cache(layout)
        taken[name], parts = _run(program, environment)
        taken |= parts
    return taken


def _figures(state: str, rounds: Sequence[Mapping[str, float]]) -> Iterator[Figure]:
    taken = {name: [each[name] for each in rounds] for name in rounds[0]}
    name = f"worker's cold start, {state}"
    yield Figure.of(name, "ms", TARGET_MS, taken.pop("worker"), taken.pop(BARE_NAME), BARE_NAME)
    for part, samples in taken.items():
        yield Figure.of(f"{name}: {part}", "ms", TARGET_MS, samples)


def _unpack(layout: Path) -> None:
    """As the image has them: below one folder, with bytecode that is never compared with its source."""
    for name, content in {**with_bytecode(libraries("x86_64")), **with_bytecode(product_files())}.items():
        path = layout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@contextmanager
def _environment(layout: Path) -> Iterator[dict[str, str]]:
    """The worker's own, of the rendering; a server that answers at once stands for Secrets Manager."""
    (function,) = (each for each in Rendering.load("core").resources if each.address == "aws_lambda_function.worker")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Secrets)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    aws = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": f"http://127.0.0.1:{server.server_port}",
    }
    variables = function.attributes["environment"][0]["variables"]
    try:
        yield isolated_environment({**variables, **aws, "PYTHONPATH": str(layout)})
    finally:
        server.shutdown()
        server.server_close()


class _Secrets(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
        secret = "postgresql://a:b@127.0.0.1:1/c" if "database" in asked else "sk-bench"
        body = json.dumps({"Name": "bench", "SecretString": secret}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


def _run(program: str, environment: Mapping[str, str]) -> tuple[float, dict[str, float]]:
    """How long a new interpreter takes from its start to its end, and what it prints."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-S", "-B", "-c", program], env=dict(environment), capture_output=True, text=True, timeout=120
    )
    took = (time.perf_counter() - began) * 1000
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return took, json.loads(done.stdout) if done.stdout else {}


def drop_from_cache(folder: Path) -> None:
    """Let the kernel forget what it holds of the files; what a running process maps stays."""
    for path in folder.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)
