"""Containers of the product: its API, its commands and its functions."""

import io
import os
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

from sim.engines.docker.cli import DockerFailed, docker
from sim.engines.docker.images import API
from sim.engines.docker.ownership import label_options

API_PORT = 8080


class ApiContainer:
    """The API in a container, published on a port of 127.0.0.1; an `ApiProcess`."""

    def __init__(self, network: str, environment: Mapping[str, str], log_folder: Path) -> None:
        self.log_path = log_folder / "api.log"
        self._network = network
        self._environment = environment
        self._name = f"rawk-api-{uuid.uuid4().hex[:12]}"
        self._exists = False
        self._log: subprocess.Popen[bytes] | None = None
        self._log_begins_at = 0

    def start(self) -> None:
        """Raises DockerFailed."""
        self._exists = True
        published = f"127.0.0.1::{API_PORT}"
        with _environment_file(self._environment) as path:
            options = ["--name", self._name, "--network", self._network, "-p", published, "--env-file", path]
            docker("run", "-d", *label_options(), *options, API)
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self._log_begins_at = log.seek(0, os.SEEK_END)
            self._log = subprocess.Popen(["docker", "logs", "-f", self._name], stdout=log, stderr=log)

    @property
    def address(self) -> str | None:
        """`http://127.0.0.1:PORT` while it runs."""
        try:
            published = docker("port", self._name, str(API_PORT))
        except DockerFailed:
            return None
        return f"http://{published.splitlines()[0]}" if published else None

    def ask_to_stop(self) -> None:
        """SIGTERM it, as a deployment does, and do not wait."""
        self._unless_gone("kill", "-s", "TERM", self._name)

    def kill(self) -> None:
        """SIGKILL it, and remove its container."""
        if not self._exists:
            return
        self._unless_gone("kill", self._name)
        if self._log is not None:
            self._log.wait(10)  # ends with the container, after it has written the whole log
        self._unless_gone("rm", "-f", "-v", self._name)
        self._exists = False

    def is_alive(self) -> bool:
        if not self._exists:
            return False
        try:
            return docker("inspect", "-f", "{{.State.Running}}", self._name) == "true"
        except DockerFailed:
            return False

    def log_tail(self, lines: int = 40) -> str:
        log = self.log_path.read_bytes()[self._log_begins_at :] if self.log_path.exists() else b""
        return "\n".join(log.decode("utf-8", errors="replace").splitlines()[-lines:])

    def _unless_gone(self, *arguments: str) -> None:
        if not self._exists:
            return
        try:
            docker(*arguments)
        except DockerFailed:
            if self.is_alive():
                raise


class ProductContainers:
    """Starts each command of the product in a container of its own."""

    def __init__(self, network: str) -> None:
        self._network = network

    def start(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path) -> "ProductCommand":  # noqa: ARG002
        """`argv` is what follows `python`; the working folder is the image's."""
        return ProductCommand(self._network, argv, env)


class ProductCommand:
    """One running command: its output in a pipe, and its exit code."""

    def __init__(self, network: str, argv: Sequence[str], environment: Mapping[str, str]) -> None:
        with _environment_file(environment) as path:
            options = ["--rm", *label_options(), "--network", network, "--env-file", path, "--no-healthcheck"]
            self._process = subprocess.Popen(
                ["docker", "run", *options, API, "python", *argv],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            self.stdout = cast(io.BufferedReader, self._process.stdout)
            self.stdout.peek(1)  # at the first output, or at its end, Docker has read the file

    def wait(self, timeout: float | None = None) -> int:
        return self._process.wait(timeout)


class FunctionContainers:
    """The containers in which a LocalStack container runs functions."""

    def __init__(self, localstack: str) -> None:
        """`localstack` is the name of LocalStack's container; the names of its functions' containers begin with it."""
        self._localstack = localstack

    def pids(self, function: str) -> list[int]:
        """Process ids on the machine of the Docker engine."""
        return [int(docker("inspect", "-f", "{{.State.Pid}}", each)) for each in self._containers(function)]

    def signal(self, function: str, signal_number: signal.Signals) -> int:
        containers = self._containers(function)
        for each in containers:
            with suppress(DockerFailed):  # it has ended meanwhile
                if signal_number == signal.SIGSTOP:
                    docker("pause", each)
                else:
                    docker("kill", "-s", signal_number.name, each)
        return len(containers)

    def _containers(self, function: str) -> list[str]:
        name = f"^{self._localstack}-lambda-{function}-[0-9a-f]+$"
        return docker("ps", "-q", "--filter", f"name={name}").split()


@contextmanager
def _environment_file(environment: Mapping[str, str]) -> Iterator[str]:
    """The path of a temporary file that only this user can read, unlike a command line."""
    with tempfile.NamedTemporaryFile("w", prefix="rawk-environment-", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in environment.items())
        file.flush()
        yield file.name
