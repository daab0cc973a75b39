"""What is checked out: the commit of a folder, as git names it."""

import subprocess
from pathlib import Path

GIT_SECONDS = 10


def commit_of(folder: Path) -> str | None:
    """The commit that is checked out, with `+` when files differ from it; None outside of git."""
    try:
        answer = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=10", "--exclude=*"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None
