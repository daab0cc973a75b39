"""Clients that are generated from the OpenAPI document, in folders of their own."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from sim.platform.paths import REPOSITORY

TYPESCRIPT = Path(__file__).with_name("typescript")
PACKAGES = REPOSITORY / ".sim" / "npm"
LIMIT_SECONDS = 300
OLDEST_NODE = (20, 19)


class StepFailed(AssertionError):
    """A program exited with another code than 0; the text has its output."""


def run(command: Sequence[str | Path], folder: Path) -> str:
    """What the program prints. Raises StepFailed, TimeoutExpired."""
    finished = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_SECONDS,
    )
    if finished.returncode != 0:
        raise StepFailed(f"{command[0]} exited with {finished.returncode}:\n{finished.stdout}")
    return finished.stdout


def missing_node() -> str | None:
    """Why nothing of npm can run on this machine; None when it can."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        return "there is no node with npm on this machine"
    version = run(["node", "--version"], TYPESCRIPT).strip()
    numbers = tuple(int(number) for number in version.removeprefix("v").split(".")[:2])
    if numbers < OLDEST_NODE:
        return f"node {version} is older than {'.'.join(map(str, OLDEST_NODE))}, which redocly needs"
    return None


def npm_project() -> Path:
    """The TypeScript client's folder with its packages: a copy, installed once for each lock file."""
    digest = hashlib.sha256(TYPESCRIPT.joinpath("package-lock.json").read_bytes()).hexdigest()[:12]
    folder = PACKAGES / digest
    shutil.copytree(TYPESCRIPT, folder, dirs_exist_ok=True)
    installed = folder / "node_modules" / ".package-lock.json"  # npm writes it last
    if not installed.exists():
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
    return folder


def python_package(document: Path, folder: Path) -> None:
    """Generate the Python client; a warning of the generator is a failure."""
    generator = Path(sys.executable).with_name("openapi-python-client")
    configuration = folder.parent / "generator.yaml"
    configuration.write_text("post_hooks: []\n", encoding="utf-8")
    run(
        [
            *(generator, "generate", "--path", document, "--output-path", folder),
            *("--config", configuration, "--meta", "none", "--fail-on-warning"),
        ],
        folder.parent,
    )
