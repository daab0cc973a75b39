"""Child processes that end with the harness, also when it is killed; and removal of what a killed run left."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

SUPERVISOR = Path(__file__).with_name("supervisor.py")

GRACE_SECONDS = 3.0
"""How long a process may take to stop when the harness itself has ended."""

PROCESS_SUFFIX = ".process.json"


class ProcessNotStarted(Exception):
    """A child process could not be started; the text says which and why."""


class ChildProcess:
    """One process under a supervisor (`supervisor.py`). Its output goes to its log; the exit code is the command's."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str | Path],
        env: Mapping[str, str],
        log_path: Path,
        *,
        cwd: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        run_as: tuple[int, int] | None = None,
    ) -> None:
        """`run_as` (user id, group id) drops root's rights; `stop_signal` asks this program to stop."""
        self.name = name
        self.log_path = log_path
        self.pid: int | None = None
        self._argv = [str(part) for part in argv]
        self._env = dict(env)
        self._cwd = cwd
        self._stop_signal = stop_signal
        self._owner = f"{run_as[0]}:{run_as[1]}" if run_as else "-"
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._log_begins_at = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it; it appends to its log. Raises ProcessNotStarted."""
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        reading, writing = os.pipe()
        try:
            with self.log_path.open("ab") as log:
                self._log_begins_at = log.seek(0, os.SEEK_END)
                self._supervisor = subprocess.Popen(
                    self._supervisor_command(writing),
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    env=self._env,
                    cwd=self._cwd,
                    pass_fds=[writing],
                    start_new_session=True,  # Ctrl-C reaches only the harness, which then stops its children in order
                )
        except OSError as error:
            os.close(reading)
            raise ProcessNotStarted(f"{self.name} could not be started: {error}") from error
        finally:
            os.close(writing)
        self.pid = self._read_pid(reading)
        self._record()

    def wait(self, timeout_seconds: float) -> int:
        """Wait for its end and return its exit code; a negative one is the signal that ended it.

        Raises TimeoutError when it still runs after that time.
        """
        assert self._supervisor is not None, f"{self.name} was not started"
        try:
            code = self._supervisor.wait(timeout_seconds)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"{self.name} still runs after {timeout_seconds:g} s") from error
        self._forget()
        return code

    def stop(self, grace_seconds: float = 5.0) -> None:
        """Ask it to stop; kill it with all its children when it still runs after the grace time."""
        if self._supervisor is None or self._supervisor.stdin is None:
            return
        if not self._supervisor.stdin.closed:
            with contextlib.suppress(OSError):  # it has ended already
                self._supervisor.stdin.write(f"{grace_seconds}\n".encode())
                self._supervisor.stdin.flush()
        try:
            self._supervisor.wait(grace_seconds + 2)
        except subprocess.TimeoutExpired:
            self.kill()
        self._forget()

    def kill(self) -> None:
        """SIGKILL it and its process group, now."""
        if self.pid is not None and self.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        if self._supervisor is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._supervisor.wait(5)

    def send(self, signal_number: signal.Signals) -> None:
        """Send a signal to the process itself, unless it has ended."""
        if self.pid is not None and self.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal_number)

    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._supervisor is not None and self._supervisor.poll() is None

    def log_tail(self, lines: int = 40) -> str:
        """The end of its log, without what an earlier process wrote to the same file."""
        try:
            text = self.log_path.read_bytes()[self._log_begins_at :].decode("utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def _supervisor_command(self, report_fd: int) -> list[str]:
        python = [sys.executable, "-S", "-E", str(SUPERVISOR)]
        return [*python, str(report_fd), str(int(self._stop_signal)), str(GRACE_SECONDS), self._owner, *self._argv]

    def _read_pid(self, reading: int) -> int:
        with open(reading, "rb") as report:
            text = report.read()
        message = json.loads(text) if text else {"error": f"its supervisor ended at once:\n{self.log_tail()}"}
        if "error" in message:
            self.stop(0)
            raise ProcessNotStarted(f"{self.name} could not be started: {message['error']}")
        return int(message["pid"])

    def _record(self) -> None:
        assert self._supervisor is not None
        assert self.pid is not None
        identities = [identity for pid in (self._supervisor.pid, self.pid) if (identity := Identity.of(pid))]
        replace_atomically(self._record_path, [vars(each) for each in identities])

    def _forget(self) -> None:
        self._record_path.unlink(missing_ok=True)
        if self._supervisor is not None and self._supervisor.stdin is not None:
            with contextlib.suppress(OSError):
                self._supervisor.stdin.close()

    @property
    def _record_path(self) -> Path:
        return self.log_path.with_name(self.log_path.name + PROCESS_SUFFIX)


def free_port() -> int:
    """A TCP port of 127.0.0.1 on which no process listens at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Identity:
    """A process id with the start time, which distinguishes it from a later process with the same id."""

    pid: int
    started_at: float

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """The running process with this id; None when there is none."""
        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.NoSuchProcess:
            return None

    def is_alive(self) -> bool:
        """Whether this process, not a later one with its id, still runs."""
        now = Identity.of(self.pid)
        return now is not None and abs(now.started_at - self.started_at) < 1.0


NO_PROCESS = Identity(0, 0.0)
"""A process that never existed."""


def replace_atomically(path: Path, value: object) -> None:
    """Replace a file atomically: after a crash it has its old contents or its new ones."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(json.dumps(value), encoding="utf-8")
    fresh.replace(path)
