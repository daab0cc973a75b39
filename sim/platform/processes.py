"""Child processes that die with the harness, also when the harness is killed; and what a killed run left behind."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psutil

SUPERVISOR = Path(__file__).with_name("supervisor.py")

GRACE_SECONDS = 3.0
"""How long a process may take to stop when the harness itself is gone."""

OWNER = ".owner.json"
PROCESS_SUFFIX = ".process.json"


class ProcessNotStarted(Exception):
    """A child process could not be started; the text says which and why."""


class ChildProcess:
    """One process under a supervisor. Its output goes to its log; its exit code is its own."""

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
        """`run_as` (user id, group id) drops root's rights; `stop_signal` is what asks this program to end."""
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
        """Start it; appends to its log. Raises ProcessNotStarted when there is no such program."""
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        reading, writing = os.pipe()
        try:
            with self.log_path.open("ab") as log:
                self._log_begins_at = log.tell()
                self._supervisor = subprocess.Popen(
                    self._supervisor_command(writing),
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    env=self._env,
                    cwd=self._cwd,
                    pass_fds=[writing],
                    start_new_session=True,  # Ctrl-C is for the harness, which then stops its children in order
                )
        except OSError as error:
            os.close(reading)
            raise ProcessNotStarted(f"{self.name} could not be started: {error}") from error
        finally:
            os.close(writing)
        self.pid = self._read_pid(reading)
        self._record()

    def wait(self, timeout_seconds: float) -> int:
        """Wait for its end and give its exit code; a negative one is the signal that ended it.

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
        """Ask it to stop and kill it, with all its children, when it has not after the grace time."""
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
        """Send a signal to the process itself; one that ended gets none."""
        if self.pid is not None and self.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal_number)

    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._supervisor is not None and self._supervisor.poll() is None

    def log_tail(self, lines: int = 40) -> str:
        """The end of its log; nothing of an earlier process's that wrote to the same file."""
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
        _write_whole(self._record_path, [vars(each) for each in identities])

    def _forget(self) -> None:
        self._record_path.unlink(missing_ok=True)
        if self._supervisor is not None and self._supervisor.stdin is not None:
            with contextlib.suppress(OSError):
                self._supervisor.stdin.close()

    @property
    def _record_path(self) -> Path:
        return self.log_path.with_name(self.log_path.name + PROCESS_SUFFIX)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Identity:
    """A process, told apart from a later one with the same number by when it started."""

    pid: int
    started_at: float

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """The process of that number, if there is one."""
        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.NoSuchProcess:
            return None

    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        now = Identity.of(self.pid)
        return now is not None and abs(now.started_at - self.started_at) < 1.0


NOBODY = Identity(0, 0.0)
"""A process that never lived."""


def claim(folder: Path, also: Sequence[Path] = ()) -> None:
    """Mark a state folder (and folders elsewhere that belong to it) as this process's, for `clear_stale`."""
    folder.mkdir(parents=True, exist_ok=True)
    owner = Identity.of(os.getpid())
    assert owner is not None
    mark = {"owner": vars(owner), "also": [str(path) for path in also]}
    _write_whole(folder / OWNER, mark)


def clear_stale(home: Path) -> list[Path]:
    """Remove what runs that were killed left under a folder: their processes and their claimed state folders.

    Returns the folders removed. Never touches a process that only has the same number, nor a living owner's folder.
    What another run removes at the same time is fine, and so is what can not be read: marks are written whole, so
    nobody who lives wrote it.
    """
    for record in _find(home, f"*{PROCESS_SUFFIX}"):
        with contextlib.suppress(OSError):  # removed meanwhile, or another user's
            _end_orphans(record)
    removed: list[Path] = []
    for mark in _find(home, OWNER):
        with contextlib.suppress(OSError):
            removed += _remove_if_stale(mark)
    return removed


def _find(home: Path, pattern: str) -> list[Path]:
    if not home.is_dir():
        return []
    runs = [each for each in home.iterdir() if each.is_dir() and not each.is_symlink() and each.name != "environments"]
    return [path for run in runs for path in run.rglob(pattern)]


def _end_orphans(record: Path) -> None:
    """Raises OSError."""
    supervisor, *commands = _identities(_read(record)) or [NOBODY]
    if supervisor.is_alive():
        return  # it has an owner, or sees to its command's end itself
    for command in commands:
        if command.is_alive():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(command.pid, signal.SIGKILL)
    record.unlink(missing_ok=True)


def _remove_if_stale(mark: Path) -> list[Path]:
    """The folder removed, if it was. Raises OSError."""
    recorded = _read(mark)
    recorded = recorded if isinstance(recorded, dict) else {}
    owner, *_ = _identities([recorded.get("owner")]) or [NOBODY]
    if owner.is_alive():
        return []
    for path in [*map(Path, recorded.get("also", [])), mark.parent]:
        shutil.rmtree(path, ignore_errors=True)
    return [mark.parent]


def _identities(recorded: Any) -> list[Identity]:
    """The processes that a record names; none when it is no such record."""
    try:
        return [Identity(int(each["pid"]), float(each["started_at"])) for each in recorded]
    except (KeyError, TypeError, ValueError):
        return []


def _read(path: Path) -> Any:
    """What was written there; None when it makes no sense. Raises OSError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None


def _write_whole(path: Path, value: object) -> None:
    """Whoever reads it, also after a crash in the middle of this, finds all of it or what was there before."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(json.dumps(value), encoding="utf-8")
    fresh.replace(path)
