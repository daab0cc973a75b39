"""A Python environment for a program that cannot share the harness's: built once per lock file and machine.

The name of its folder is a digest of its contents. It is built under another name and renamed when it is complete, so a
partly built one is never used, and two processes that start at the same time build it once.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import uv
from filelock import FileLock, Timeout

from sim.platform.paths import ENVIRONMENTS

BUILD_LIMIT_SECONDS = 600

type Say = Callable[[str], None]
"""Prints one line for each step that takes time."""


class EnvironmentNotBuilt(Exception):
    """An environment could not be built; the text says why, and what to do."""


def _nothing_more(_: Path, __: Say) -> None:
    """For an environment that needs nothing beyond its lock file."""


@dataclass(frozen=True)
class LockedEnvironment:
    """The contents of an environment, and the step that follows the installation of its lock file."""

    name: str
    """The beginning of its folder's name; the digest follows."""
    owner: str
    """Whose environment it is, for messages, such as `LocalStack's`."""
    release: str
    """What is installed, for messages."""
    megabytes: int
    lock: Path
    depends_on: Sequence[bytes] = ()
    """Further contents that the digest covers."""
    finish: Callable[[Path, Say], None] = _nothing_more

    def prepare(self, say: Say = lambda _: None, home: Path | None = None) -> Path:
        """Build it unless it exists, and return its folder. Raises EnvironmentNotBuilt."""
        folder = (home or ENVIRONMENTS) / f"{self.name}-{self._digest()}"
        if _is_complete(folder):
            return folder
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(folder.with_suffix(".lock"), timeout=BUILD_LIMIT_SECONDS):
                if not _is_complete(folder):
                    self._build(folder, say)
        except Timeout as error:
            raise EnvironmentNotBuilt(
                f"Another process holds {error.lock_file} for more than {BUILD_LIMIT_SECONDS} s."
            ) from error
        except OSError as error:
            raise EnvironmentNotBuilt(f"{folder.parent} cannot be written ({error}): make it writable.") from error
        return folder

    def _digest(self) -> str:
        """Covers the lock file, `depends_on` and the interpreter."""
        interpreter = f"{sys.version} {platform.platform()} {Path(sys.executable).resolve()}".encode()
        return hashlib.sha256(b"\0".join([self.lock.read_bytes(), *self.depends_on, interpreter])).hexdigest()[:12]

    def _build(self, folder: Path, say: Say) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        workshop = folder.with_name(f"{folder.name}.building")
        shutil.rmtree(workshop, ignore_errors=True)
        say(
            f"Building {self.owner} environment "
            f"(once per machine, about {self.megabytes} MB from the package index) ..."
        )
        run([_uv(), "venv", "--quiet", "--no-project", "--python", sys.executable, workshop], "make the environment")
        say(f"  installing {self.release} ...")
        sync = [_uv(), "pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode", "--python"]
        run(
            [*sync, python_of(workshop), self.lock],
            f"install {self.release} from the package index (the first build needs the network)",
        )
        self.finish(workshop, say)
        (workshop / "complete").touch()
        workshop.rename(folder)
        say(f"{self.owner} environment is ready: {folder}")


def python_of(environment: Path) -> Path:
    """The interpreter of an environment."""
    return environment / "bin" / "python"


def run(command: Sequence[str | Path], purpose: str) -> None:
    """Run one step of a build. Raises EnvironmentNotBuilt with the step's own message."""
    # Variables for Python must not reach the new environment. Those for package indexes and proxies must.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    try:
        finished = subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            text=True,
            env=environment,
            timeout=BUILD_LIMIT_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise EnvironmentNotBuilt(f"Could not {purpose} within {BUILD_LIMIT_SECONDS} s.") from error
    if finished.returncode != 0:
        raise EnvironmentNotBuilt(f"Could not {purpose}; uv says:\n{finished.stderr.strip()[-2000:]}")


def _is_complete(folder: Path) -> bool:
    return (folder / "complete").exists() and python_of(folder).exists()


def _uv() -> str:
    try:
        return uv.find_uv_bin()
    except FileNotFoundError as error:
        raise EnvironmentNotBuilt("The package `uv` has no binary for this machine: reinstall it.") from error
