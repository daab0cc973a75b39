"""LocalStack as a service of a world: started on a free port of 127.0.0.1, checked, stopped.

It is ready when it has listed buckets and queues and has run a function. Its own /health says ready while every call
still answers 500.
"""

import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

from sim.localstack.conformance import suite
from sim.localstack.control_client import emulator_pid
from sim.localstack.environment import EXTENSION, prepare_environment, static_files_of
from sim.localstack.extension.rawk_emulator import features
from sim.platform.environment import isolated_environment
from sim.platform.killed_runs import claim
from sim.platform.locked_environment import python_of
from sim.platform.processes import ChildProcess, free_port

START_LIMIT_SECONDS = 180.0  # a machine with other work needs a minute
STOP_LIMIT_SECONDS = 3.0
PORT_ATTEMPTS = 3
PORT_TAKEN = "another process has its port"

EGRESS_GUARD = Path(__file__).parents[1] / "platform" / "egress_guard"

SETTINGS = {
    "SQS_ENDPOINT_STRATEGY": "off",  # queue URLs have an IP address, so no name server is needed
    "SQS_ENABLE_MESSAGE_RETENTION_PERIOD": "1",
    "PROVIDER_OVERRIDE_CLOUDWATCH": "v1",  # v2 loses the tags of alarms
    "LAMBDA_RUNTIME_EXECUTOR": "process",
    "OVERRIDE_IN_DOCKER": "0",  # its detection may be wrong, and then it writes to /var/lib
    "DISABLE_EVENTS": "1",  # no telemetry
    "IN_MEMORY_CLIENT": "1",  # its calls to itself take no connection
    "SKIP_SSL_CERT_DOWNLOAD": "1",
    "DNS_ADDRESS": "0",  # no name server
    "SIM_LOOPBACK_ONLY": "1",
    "TZ": "UTC",
}

WORLD_SETTINGS = {
    "LAMBDA_SYNCHRONOUS_CREATE": "1",
    "LAMBDA_LIMITS_MINIMUM_UNRESERVED_CONCURRENCY": "0",
}
"""Settings of a world in addition; other users of LocalStack do not expect them."""


class LocalStackNotStarted(Exception):
    """LocalStack did not start; the text has the end of its log."""


class LocalStack:
    """One LocalStack with our extension; every file that it writes is under `state_dir`."""

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
        """`lambda_python` runs the functions, and has the packages that they import.

        `guard` is put on the PYTHONPATH of LocalStack and of every function. `settings` and `extra_env` are
        LocalStack's environment variables; `extra_env` wins. Without a port a free one is taken.
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
        self.target: suite.Target
        """The target of the conformance checks, its clients loaded; set by `start`."""

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
        """The id of LocalStack's process; None before `start`."""
        return self._process.pid if self._process else None

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.is_alive()

    def start(self, say: Callable[[str], None] = lambda _: None) -> None:
        """Start it and check that it works. Raises LocalStackNotStarted, EnvironmentNotBuilt, UnknownFeature."""
        self._disabled_features = features.disabled_features(self._settings)
        if self._wanted_port and not _is_free(self._listen, self._wanted_port):
            raise LocalStackNotStarted(self._port_is_taken())
        environment = prepare_environment(say)
        for _ in range(1 if self._wanted_port else PORT_ATTEMPTS):
            self._launch(environment)
            failure = self._check_readiness()
            if failure is None:
                return
            assert self._process is not None
            log = self._process.log_tail()
            self.stop()
            if failure != PORT_TAKEN:
                raise LocalStackNotStarted(
                    f"LocalStack did not start: {failure}. If {environment} was damaged, remove it: the next run "
                    f"builds it anew. The end of {self._log_path}:\n{log}"
                )
        if self._wanted_port:
            raise LocalStackNotStarted(self._port_is_taken())
        raise LocalStackNotStarted(f"LocalStack did not get a port: {PORT_ATTEMPTS} free ports were taken meanwhile.")

    def stop(self) -> None:
        """Stop it and the processes of its functions, and remove its state. Does nothing before `start`."""
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
            **isolated_environment(),
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

    def _check_readiness(self) -> str | None:
        """Wait until the readiness checks pass; returns the reason when they do not.

        LocalStack does not end when another process has its port, so another world's LocalStack may answer there.
        """
        give_up_at = time.monotonic() + START_LIMIT_SECONDS
        with ThreadPoolExecutor(1) as in_parallel:
            # Loading the clients' models takes as long as LocalStack's first steps, so both happen at once.
            loading = in_parallel.submit(_target_with_clients, self.endpoint_url)
            failure: Exception | str = "it does not accept connections"
            while self.is_alive() and time.monotonic() < give_up_at:
                if self._log_says_port_is_taken():
                    return PORT_TAKEN
                self.target = loading.result()
                if not self._accepts_connections():  # a failed call of boto3 costs a hundred times as much
                    time.sleep(0.02)
                    continue
                try:
                    suite.require(self.target, *self._readiness_checks())
                except suite.FAILURES as error:
                    failure = error
                    time.sleep(0.02)
                else:
                    return None if self._answers_at_its_port() else PORT_TAKEN
        if not self.is_alive():
            return PORT_TAKEN if self._log_says_port_is_taken() else "its process ended"
        return f"its readiness checks did not pass within {START_LIMIT_SECONDS:g} s ({failure})"

    def _accepts_connections(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
        except OSError:
            return False
        return True

    def _readiness_checks(self) -> tuple[str, ...]:
        return ("services",) if "process-executor" in self._disabled_features else ("services", "invocation")

    def _answers_at_its_port(self) -> bool:
        return "control" in self._disabled_features or emulator_pid(self.endpoint_url) == self.pid

    def _port_is_taken(self) -> str:
        return f"another process has port {self._wanted_port} of {self._listen}: stop it, or choose another --port."

    def _log_says_port_is_taken(self) -> bool:
        log = self._process.log_tail() if self._process else ""
        return "Address already in use" in log or "CannotListenError" in log


def _target_with_clients(endpoint_url: str) -> suite.Target:
    target = suite.Target.on_localstack(endpoint_url)
    for service in ("s3", "sqs", "lambda"):
        target.client(service)
    return target


def _is_free(address: str, port: int) -> bool:
    try:
        socket.create_server((address, port)).close()
    except OSError:
        return False
    return True
