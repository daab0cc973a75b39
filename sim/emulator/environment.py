"""LocalStack's own environment, built once per lock and machine into `.sim/environments`.

LocalStack needs older libraries than the product, so it never shares an environment with it. The folder is named by
what is in it, built beside and renamed into place: a half-built one is never used, and two processes that start at
once build it once.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import uv
from filelock import FileLock, Timeout

HERE = Path(__file__).parent
LOCK = HERE / "localstack-requirements.txt"
EXTENSION = HERE / "extension"
DEFAULT_HOME = HERE.parents[1] / ".sim" / "environments"

BUILD_LIMIT_SECONDS = 600

PYTHON = (3, 13)
"""LocalStack 4.14 needs it: on an older Python it says healthy and answers 500 to everything."""

INDEX_SCRIPT = """
import json, pathlib, sys
from localstack.aws import spec
from localstack.utils.aws.aws_stack import get_valid_regions_for_service
folder, *services = map(pathlib.Path, sys.argv[1:])
folder.mkdir(parents=True, exist_ok=True)
spec.build_service_index_cache(str(folder / spec._get_catalog_filename()))
regions = {service: get_valid_regions_for_service(service) for service in map(str, services)}
(folder / "regions.json").write_text(json.dumps(regions))
"""

SERVICES = (
    "cloudwatch",
    "events",
    "iam",
    "lambda",
    "logs",
    "s3",
    "scheduler",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "sts",
)
"""The services a world uses."""


class EnvironmentNotBuilt(Exception):
    """LocalStack's environment could not be built; the text says why and what to do."""


def prepare_environment(say: Callable[[str], None] = lambda _: None, home: Path | None = None) -> Path:
    """Build LocalStack's environment unless it is there, and return its folder.

    `say` gets a line per step that takes time. Raises EnvironmentNotBuilt.
    """
    _check_python()
    folder = (home or DEFAULT_HOME) / f"localstack-{_digest()}"
    if _is_complete(folder):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock"), timeout=BUILD_LIMIT_SECONDS):
            if not _is_complete(folder):
                _build(folder, say)
    except Timeout as error:
        raise EnvironmentNotBuilt(
            f"Another process holds {error.lock_file} for more than {BUILD_LIMIT_SECONDS} s."
        ) from error
    except OSError as error:
        raise EnvironmentNotBuilt(f"{folder.parent} can not be written ({error}): make it writable.") from error
    return folder


def python_of(environment: Path) -> Path:
    """The interpreter of an environment."""
    return environment / "bin" / "python"


def static_files_of(environment: Path) -> Path:
    """What was computed once for all starts: LocalStack's index of AWS's services and regions."""
    return environment / "static"


def _check_python() -> None:
    if sys.version_info[:2] != PYTHON:
        raise EnvironmentNotBuilt(
            f"LocalStack 4.14 needs Python {PYTHON[0]}.{PYTHON[1]}, this is {platform.python_version()}: "
            "run the harness with that Python."
        )


def _digest() -> str:
    """Names all an environment depends on: the lock, the extension's entry points, the index, the interpreter."""
    parts = [
        LOCK.read_bytes(),
        (EXTENSION / "pyproject.toml").read_bytes(),
        f"{INDEX_SCRIPT} {SERVICES}".encode(),
        f"{sys.version} {platform.platform()} {Path(sys.executable).resolve()}".encode(),
    ]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def _is_complete(folder: Path) -> bool:
    return (folder / "complete").exists() and python_of(folder).exists()


def _build(folder: Path, say: Callable[[str], None]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    workshop = folder.with_name(f"{folder.name}.building")
    shutil.rmtree(workshop, ignore_errors=True)
    say("Building LocalStack's environment (once per machine, about 80 MB from the package index) ...")
    _run([_uv(), "venv", "--quiet", "--no-project", "--python", sys.executable, workshop], "make the environment")
    say("  installing LocalStack 4.14.0 ...")
    _run(
        [
            _uv(),
            "pip",
            "sync",
            "--quiet",
            "--require-hashes",
            "--compile-bytecode",
            "--python",
            python_of(workshop),
            LOCK,
        ],
        "install LocalStack 4.14.0 from the package index (the first build needs the network)",
    )
    _declare_extension(workshop)
    say("  indexing AWS's services ...")
    _run([python_of(workshop), "-c", INDEX_SCRIPT, static_files_of(workshop), *SERVICES], "index AWS's services")
    (workshop / "complete").touch()
    workshop.rename(folder)
    say(f"LocalStack's environment is ready: {folder}")


def _declare_extension(environment: Path) -> None:
    """Install the extension's entry points, not its code: that comes by PYTHONPATH from this very checkout."""
    project = tomllib.loads((EXTENSION / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    site_packages = environment / "lib" / f"python{PYTHON[0]}.{PYTHON[1]}" / "site-packages"
    metadata = site_packages / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    groups = project["entry-points"].items()
    lines = [line for group, points in groups for line in (f"[{group}]", *(f"{k} = {v}" for k, v in points.items()))]
    (metadata / "entry_points.txt").write_text("\n".join(lines) + "\n")


def _uv() -> str:
    try:
        return uv.find_uv_bin()
    except FileNotFoundError as error:
        raise EnvironmentNotBuilt("The package `uv` has no binary for this machine: reinstall it.") from error


def _run(command: list[str | Path], purpose: str) -> None:
    # The harness's own environment variables for Python must not reach into the new one; those for indexes must.
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
