"""Where a run leaves its record: `.sim/<run>/`. `.sim/latest` points to the newest run in which a scenario began."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

HOME = Path(".sim")
LATEST = "latest"
LEAST_FREE_BYTES = 200 * 1024**2
"""The state of two worlds and the record of a hundred scenarios. On a fuller disk Postgres would fail during a run."""
TOPS = (".git", "pyproject.toml", "setup.cfg", "setup.py", ".sim")


class UnusableFolder(Exception):
    """The folder for runs cannot be written; the text says which and why."""


def project_of(scenarios: Path) -> Path:
    """The top folder of the scenarios' project: the nearest that holds `.git`, `pyproject.toml` or earlier runs."""
    above = [scenarios, *scenarios.parents]
    return next((folder for folder in above if any((folder / name).exists() for name in TOPS)), scenarios)


def new_run_folder(root: Path) -> Path:
    """Make `.sim/<time>-<pid>` under the root. Raises UnusableFolder."""
    home = root / HOME
    folder = home / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}"
    try:
        folder.mkdir(parents=True)
        free_bytes = shutil.disk_usage(folder).free
        if free_bytes < LEAST_FREE_BYTES:
            folder.rmdir()
            raise UnusableFolder(
                f"only {free_bytes // 1024**2} MB are free on the disk of {home}: "
                f"a run needs {LEAST_FREE_BYTES // 1024**2} MB; remove old runs from that folder"
            )
    except OSError as error:
        problem = f"{folder} cannot be written ({error.strerror}): make it writable or remove it"
        raise UnusableFolder(problem) from error
    return folder


def point_latest_to(folder: Path) -> None:
    """Let `.sim/latest` point to the run's folder. Raises OSError."""
    latest = folder.with_name(LATEST)
    # Made beside and renamed over: a reader of `latest` finds the old link or the new one, never none.
    fresh = latest.with_name(f"{LATEST}-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(folder.name)
    fresh.replace(latest)


def remove_run_folder(folder: Path) -> None:
    """Remove the folder of a run in which no scenario ran, and `.sim` itself where nothing else is in it."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.parent.is_dir() and not any(folder.parent.iterdir()):
        folder.parent.rmdir()
