"""Where a run leaves its record: `.sim/<run>/`, and `.sim/latest` pointing to the newest."""

import os
from datetime import UTC, datetime
from pathlib import Path

HOME = Path(".sim")


class UnusableFolder(Exception):
    """The folder for runs can not be written; the text says which and why."""


def new_run_folder(root: Path) -> Path:
    """Make `.sim/<time>-<pid>` under the root and point `.sim/latest` to it. Raises UnusableFolder."""
    home = root / HOME
    folder = home / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}"
    try:
        folder.mkdir(parents=True)
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
