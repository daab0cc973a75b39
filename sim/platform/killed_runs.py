"""What killed runs leave behind, and its removal: processes whose harness has ended, and state folders of ended
owners."""

import contextlib
import json
import os
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sim.platform.processes import NO_PROCESS, PROCESS_SUFFIX, Identity, replace_atomically

OWNER = ".owner.json"


def claim(folder: Path, also: Sequence[Path] = ()) -> None:
    """Mark a state folder (and folders elsewhere that belong to it) as this process's, for `clear_stale`."""
    folder.mkdir(parents=True, exist_ok=True)
    owner = Identity.of(os.getpid())
    assert owner is not None
    mark = {"owner": vars(owner), "also": [str(path) for path in also]}
    replace_atomically(folder / OWNER, mark)


def clear_stale(home: Path) -> list[Path]:
    """Remove what killed runs left under a folder: their processes and their claimed state folders.

    Returns the removed folders. Never touches another process with the same id, nor a folder whose owner still runs.
    Another run may remove the same things at the same time. A claim that cannot be parsed counts as that of a killed
    run, because claims are replaced atomically.
    """
    for record in _find(home, f"*{PROCESS_SUFFIX}"):
        with contextlib.suppress(OSError):  # removed meanwhile, or owned by another user
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
    supervisor, *commands = _identities(_read(record)) or [NO_PROCESS]
    if supervisor.is_alive():
        return  # its harness runs, or it is about to end its command
    for command in commands:
        if command.is_alive():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(command.pid, signal.SIGKILL)
    record.unlink(missing_ok=True)


def _remove_if_stale(mark: Path) -> list[Path]:
    """Remove a folder whose owner has ended; returns the removed folders. Raises OSError."""
    recorded = _read(mark)
    recorded = recorded if isinstance(recorded, dict) else {}
    owner, *_ = _identities([recorded.get("owner")]) or [NO_PROCESS]
    if owner.is_alive():
        return []
    for path in [*map(Path, recorded.get("also", [])), mark.parent]:
        shutil.rmtree(path, ignore_errors=True)
    return [mark.parent]


def _identities(recorded: Any) -> list[Identity]:
    """The processes in a record; none when it is malformed."""
    try:
        return [Identity(int(each["pid"]), float(each["started_at"])) for each in recorded]
    except (KeyError, TypeError, ValueError):
        return []


def _read(path: Path) -> Any:
    """The JSON in a file; None when it is malformed. Raises OSError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
