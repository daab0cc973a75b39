"""LocalStack as a part of a world: started on a free port of 127.0.0.1, proven to work, stopped.

It is ready when it has done real work: listed buckets and queues and run a function. Its own /health says ready
while every call answers 500.
"""

import io
import os
import shutil
import socket
import sys
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sim.clock.clocks import RealClock
from sim.localstack.control_client import emulator_pid
from sim.localstack.environment import EXTENSION, prepare_environment, static_files_of
from sim.localstack.extension.rawk_emulator import features
from sim.platform.locked_environment import python_of
from sim.platform.processes import ChildProcess, claim, free_port, machine_environment

START_LIMIT_SECONDS = 60.0
STOP_LIMIT_SECONDS = 3.0
PORT_ATTEMPTS = 3
FUNCTION_LIMIT = timedelta(seconds=10)
PORT_TAKEN = "somebody else has its port"
REGION = "us-east-1"

PROBE_ACCOUNT = "999999999999"
"""Proofs work in an account of their own (LocalStack takes a key of twelve digits for one), and so in nobody's way."""

EGRESS_GUARD = Path(__file__).parents[1] / "platform" / "egress_guard"

SETTINGS = {
    "SQS_ENDPOINT_STRATEGY": "off",  # queue URLs with an address that resolves without a name server
    "SQS_ENABLE_MESSAGE_RETENTION_PERIOD": "1",
    "PROVIDER_OVERRIDE_CLOUDWATCH": "v1",  # v2 loses the tags of alarms
    "LAMBDA_RUNTIME_EXECUTOR": "process",
    "OVERRIDE_IN_DOCKER": "0",  # it guesses, and writes to /var/lib when it guesses wrong
    "DISABLE_EVENTS": "1",  # no telemetry
    "IN_MEMORY_CLIENT": "1",  # its calls to itself need no connection
    "SKIP_SSL_CERT_DOWNLOAD": "1",
    "DNS_ADDRESS": "0",  # no name server
    "SIM_LOOPBACK_ONLY": "1",
    "TZ": "UTC",
}

WORLD_SETTINGS = {
    "LAMBDA_SYNCHRONOUS_CREATE": "1",
    "LAMBDA_LIMITS_MINIMUM_UNRESERVED_CONCURRENCY": "0",
}
"""What a world of ours wants besides, and LocalStack's other users do not expect."""


class LocalStackNotStarted(Exception):
    """LocalStack did not come up; the text has the end of its log."""


class LocalStack:
    """One LocalStack with our extension; all it writes is under `state_dir`."""

    def __init__(
        self,
        state_dir: Path,
        log_path: Path,
        lambda_python: Path = Path(sys.executable),
        guard: Sequence[Path] = (EGRESS_GUARD,),
        extra_env: Mapping[str, str] | None = None,
        *,
        settings: Mapping[str, str] = WORLD_SETTINGS,
        port: int | None = None,
        listen: str = "127.0.0.1",
    ) -> None:
        """`lambda_python` runs the functions, and has what they import; `guard` goes on everybody's PYTHONPATH.

        `settings` and, over them, `extra_env` go to LocalStack. Without a port it takes a free one.
        """
        self._state_dir = state_dir.absolute()
        self._log_path = log_path
        self._lambda_python = lambda_python
        self._guard = os.pathsep.join(str(path) for path in guard)
        self._settings = {**SETTINGS, **settings, **(extra_env or {})}
        self._process: ChildProcess | None = None
        self._wanted_port = port
        self._listen = listen
        self._port = port or 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def endpoint_url(self) -> str:
        """http://127.0.0.1:PORT; an IP, so that S3 addresses buckets by path."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        """LocalStack's process."""
        return self._process.pid if self._process else None

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.is_alive()

    def start(self, say: Callable[[str], None] = lambda _: None) -> None:
        """Start it and prove that it works. Raises LocalStackNotStarted, EnvironmentNotBuilt, UnknownFeature."""
        self._disabled_features = features.disabled_features(self._settings)
        if self._wanted_port and not _is_free(self._listen, self._wanted_port):
            raise LocalStackNotStarted(self._port_is_taken())
        environment = prepare_environment(say)
        for _ in range(1 if self._wanted_port else PORT_ATTEMPTS):
            self._launch(environment)
            problem = self._prove()
            if problem is None:
                return
            assert self._process is not None
            log = self._process.log_tail()
            self.stop()
            if problem != PORT_TAKEN:
                raise LocalStackNotStarted(
                    f"LocalStack did not start: {problem}. If {environment} was damaged, remove it: the next run "
                    f"builds it anew. The end of {self._log_path}:\n{log}"
                )
        if self._wanted_port:
            raise LocalStackNotStarted(self._port_is_taken())
        raise LocalStackNotStarted(f"LocalStack found every one of {PORT_ATTEMPTS} free ports taken.")

    def stop(self) -> None:
        """Stop it with all its functions' processes and remove its state; does nothing when it was never started."""
        if self._process:
            self._process.stop(STOP_LIMIT_SECONDS)
            self._process = None
        shutil.rmtree(self._state_dir, ignore_errors=True)

    def kill(self) -> None:
        """SIGKILL it, as a crash would."""
        if self._process:
            self._process.kill()

    def _launch(self, environment: Path) -> None:
        claim(self._state_dir)
        for name in ("tmp", "home", "files/usr/lib"):
            (self._state_dir / name).mkdir(parents=True, exist_ok=True)
        static = self._state_dir / "files" / "usr" / "lib" / "localstack"
        if not static.is_symlink():
            static.symlink_to(static_files_of(environment))
        self._port = self._wanted_port or free_port()
        self._process = ChildProcess(
            "localstack",
            [python_of(environment), "-m", "localstack.runtime.main"],
            self._environment(),
            self._log_path,
            cwd=self._state_dir,
        )
        self._process.start()

    def _environment(self) -> dict[str, str]:
        return {
            **machine_environment(),
            "HOME": str(self._state_dir / "home"),
            "TMPDIR": str(self._state_dir / "tmp"),
            "FILESYSTEM_ROOT": str(self._state_dir / "files"),
            "GATEWAY_LISTEN": f"{self._listen}:{self._port}",
            "LOCALSTACK_HOST": f"127.0.0.1:{self._port}",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(EXTENSION), self._guard])),
            "PYTHONUNBUFFERED": "1",
            "SIM_LAMBDA_PYTHON": str(self._lambda_python),
            "SIM_LAMBDA_PYTHONPATH": self._guard,
            **self._settings,
        }

    def _prove(self) -> str | None:
        """Wait until it works; what went wrong otherwise.

        It does not end when somebody else has its port, and a LocalStack of another world may be who answers there.
        """
        give_up_at = time.monotonic() + START_LIMIT_SECONDS
        with ThreadPoolExecutor(1) as beside:
            clients = beside.submit(Clients, self.endpoint_url)  # their models take a while to load, as it does
            problem: Exception | None = None
            while self.is_alive() and time.monotonic() < give_up_at:
                if self._says_its_port_is_taken():
                    return PORT_TAKEN
                try:
                    clients.result().do_real_work(with_functions="process-executor" not in self._disabled_features)
                except (BotoCoreError, ClientError) as error:
                    problem = error
                    time.sleep(0.02)
                else:
                    return None if self._is_its_own_door() else PORT_TAKEN
        if not self.is_alive():
            return "its process ended"
        return f"it did not do real work within {START_LIMIT_SECONDS:g} s ({problem})"

    def _is_its_own_door(self) -> bool:
        return "control" in self._disabled_features or emulator_pid(self.endpoint_url) == self.pid

    def _port_is_taken(self) -> str:
        return f"somebody else has port {self._wanted_port} of {self._listen}: stop it, or choose --port."

    def _says_its_port_is_taken(self) -> bool:
        log = self._process.log_tail() if self._process else ""
        return "Address already in use" in log or "CannotListenError" in log


class Clients:
    """Clients for the proof; each call is made once, since the proof itself is repeated."""

    def __init__(self, endpoint_url: str) -> None:
        config = Config(retries={"total_max_attempts": 1}, read_timeout=20, connect_timeout=2, proxies={})
        session = boto3.Session(aws_access_key_id=PROBE_ACCOUNT, aws_secret_access_key="test", region_name=REGION)
        self._s3 = session.client("s3", endpoint_url=endpoint_url, config=config)
        self._sqs = session.client("sqs", endpoint_url=endpoint_url, config=config)
        self._lambda = session.client("lambda", endpoint_url=endpoint_url, config=config)

    def do_real_work(self, *, with_functions: bool) -> None:
        """List buckets and queues, run a function. Raises BotoCoreError, ClientError."""
        self._s3.list_buckets()
        self._sqs.list_queues()
        if with_functions:
            self._run_a_function()

    def _run_a_function(self) -> None:
        name = f"readiness-{time.monotonic_ns()}"
        made = self._lambda.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="readiness.handler",
            Role=f"arn:aws:iam::{PROBE_ACCOUNT}:role/readiness",
            Timeout=10,
            Code={"ZipFile": zip_of({"readiness.py": "def handler(event, context):\n    return event\n"})},
        )
        if made["State"] == "Pending":
            wait_until_active(self._lambda, name)
        answer = self._lambda.invoke(FunctionName=name, Payload=b'{"ready": true}')
        body = answer["Payload"].read()
        self._lambda.delete_function(FunctionName=name)
        if body != b'{"ready": true}':
            raise WrongAnswer(error_msg=f"a function answered {body!r}")


def _is_free(address: str, port: int) -> bool:
    try:
        socket.create_server((address, port)).close()
    except OSError:
        return False
    return True


def wait_until_active(functions: Any, name: str) -> None:
    """Until a new function can be invoked; whoever invokes it after the limit hears why it can not."""

    def is_made() -> bool:
        return bool(functions.get_function_configuration(FunctionName=name)["State"] != "Pending")

    RealClock().wait_until(is_made, FUNCTION_LIMIT)


class WrongAnswer(BotoCoreError):
    """A call answered, but not what it should."""

    fmt = "{error_msg}"


def zip_of(files: Mapping[str, str]) -> bytes:
    """A function's package from sources by name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in files.items():
            archive.writestr(name, source)
    return buffer.getvalue()
