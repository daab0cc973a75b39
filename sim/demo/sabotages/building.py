"""Builds the product with a bug: a copy of its sources, with one mutant applied."""

import os
import shutil
import subprocess
from pathlib import Path

from sim.app import APP
from sim.demo.errors import NotPossible
from sim.demo.lessons.files import Sabotage

GIT_SECONDS = 30


def sabotaged_sources(sabotage: Sabotage, folder: Path) -> Path:
    """The folder of the sources with the bug, made on first use below `folder`. Raises NotPossible."""
    copy = folder / sabotage.id
    sources = copy / APP.processes.sources.name
    if sources.exists():
        return sources
    package = APP.processes.sources / APP.processes.package
    try:
        shutil.copytree(package, sources / package.name, ignore=shutil.ignore_patterns("__pycache__"))
        subprocess.run(
            ["git", "apply", "-C1", str(sabotage.patch)],
            cwd=copy,
            # Within a repository, git would look for the files from its top.
            env={**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.absolute())},
            capture_output=True,
            timeout=GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(copy, ignore_errors=True)
        raise NotPossible(f"the bug cannot be put into the product (it needs git): {error}") from error
    return sources
