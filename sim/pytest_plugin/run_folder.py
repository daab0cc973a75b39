"""Where a run leaves its record: `.sim/<run>/`, and `.sim/latest` pointing to the newest."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

HOME = Path(".sim")
LEAST_FREE_BYTES = 200 * 1024**2
"""The state of two worlds and the record of a hundred scenarios; a fuller disk breaks Postgres in the middle of a
run."""
TOPS = (".git", "pyproject.toml", "setup.cfg", "setup.py", ".sim")


class UnusableFolder(Exception):
    """The folder for runs can not be written; the text says which and why."""


def project_of(scenarios: Path) -> Path:
    """The top of the project that the scenarios are part of: what holds `.git`, `pyproject.toml` or runs already."""
    above = [scenarios, *scenarios.parents]
    return next((folder for folder in above if any((folder / name).exists() for name in TOPS)), scenarios)


def new_run_folder(root: Path) -> Path:
    """Make `.sim/<time>-<pid>` under the root and point `.sim/latest` to it. Raises UnusableFolder."""
    home = root / HOME
    folder = home / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}"
    try:
        folder.mkdir(parents=True)
        free_bytes = shutil.disk_usage(folder).free
        if free_bytes < LEAST_FREE_BYTES:
            folder.rmdir()
            raise UnusableFolder(
                f"only {free_bytes // 1024**2} MB are free where {home} lies: "
                f"a run needs {LEAST_FREE_BYTES // 1024**2} MB; old runs in it may be removed"
            )
        _point_latest_to(home / "latest", folder)
    except OSError as error:
        problem = f"{folder} can not be written ({error.strerror}): make it writable or remove it"
        raise UnusableFolder(problem) from error
    return folder


def _point_latest_to(latest: Path, folder: Path) -> None:
    # Made beside and renamed over: somebody who reads `latest` meanwhile finds the old or the new one, never none.
    fresh = latest.with_name(f"latest-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(folder.name)
    fresh.replace(latest)
