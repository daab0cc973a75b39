"""A process of the product that the world's fork server starts, with the methods of a `ChildProcess`."""

import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from sim.app import APP
from sim.localstack.extension.rawk_emulator.lambda_.fork_client import ForkedProcess as Forked
from sim.localstack.extension.rawk_emulator.lambda_.fork_client import ForkServerClient

API_LOG = "api.log"


class ForkedProcess:
    """Its output goes to its log. It ends with the fork server, and with the harness."""

    def __init__(
        self, client: ForkServerClient, argv: Sequence[str], env: Mapping[str, str], log_path: Path, cwd: Path
    ) -> None:
        """`argv` is what follows `python` on a command line: `-m MODULE …` or `SCRIPT …`."""
        self.log_path = log_path
        self._client = client
        self._argv = list(argv)
        self._env = dict(env)
        self._cwd = cwd
        self._process: Forked | None = None
        self._log_begins_at = 0

    def start(self) -> None:
        """Raises ForkServerGone."""
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self._log_begins_at = log.seek(0, os.SEEK_END)
            self._process = self._client.start(self._argv, self._env, self._cwd, output=log.fileno())

    def wait(self, timeout_seconds: float) -> int:
        """Wait for its end and return its exit code. Raises TimeoutError."""
        assert self._process is not None, "it was not started"
        return self._process.wait(timeout_seconds)

    def stop(self, grace_seconds: float = 5.0) -> None:
        """SIGTERM it; SIGKILL it with all its children when it still runs after the grace time."""
        self.ask_to_stop()
        try:
            self._wait_for_end(grace_seconds)
        except TimeoutError:
            self.kill()

    def ask_to_stop(self) -> None:
        """SIGTERM it, as a deployment does, and do not wait."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        self._wait_for_end(5)

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def log_tail(self, lines: int = 40) -> str:
        """The end of its log, without what an earlier process wrote to the same file."""
        log = self.log_path.read_bytes()[self._log_begins_at :] if self.log_path.exists() else b""
        text = log.decode("utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def _signal(self, signal_number: signal.Signals) -> None:
        if self._process is not None and self.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal_number)

    def _wait_for_end(self, limit_seconds: float) -> None:
        if self._process is not None:
            self._process.wait(limit_seconds)


class ForkedApi(ForkedProcess):
    """The API on a port of 127.0.0.1."""

    def __init__(self, client: ForkServerClient, environment: Mapping[str, str], log_folder: Path) -> None:
        super().__init__(client, APP.processes.api_argv, environment, log_folder / API_LOG, log_folder)

    @property
    def address(self) -> str | None:
        """From its log, once it listens; None before."""
        printed = APP.processes.api_address.search(self.log_tail())
        return printed[1] if printed else None
